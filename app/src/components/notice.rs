//! Says once what the person has to know: a change was not carried out, or nothing can be kept.

use crate::dom::{document, focus};
use crate::state::Chat;
use crate::storage::Unreadable;
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;

/// Stands above the page until the person has taken note; empty while there is nothing to say.
#[component]
pub(crate) fn Notice() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let notice = move || {
        focus::keep();
        chat.notice.get().map(|sentence| {
            view! {
                <p class="notice notice-warn">
                    <span>{sentence}</span>
                    <button type="button" class="notice-action" on:click=move |_| chat.notice.set(None)>
                        "Close"
                    </button>
                </p>
            }
            .into_any()
        })
    };
    let not_sent = move || {
        focus::keep();
        chat.unreadable.get().into_iter().map(|message| view! { <NotSent message /> }.into_any()).collect_view()
    };
    view! {
        <div class="connection" role="alert">
            {notice}
            {not_sent}
        </div>
    }
    .into_any()
}

/// An unsent message that this page cannot read: its text can be copied.
#[component]
fn NotSent(message: Unreadable) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let Unreadable { key, text, is_later } = message;
    let act = move |_| if is_later { document::reload() } else { chat.discard_unreadable(&key) };
    view! {
        <p class="notice notice-warn">
            <span>{words::unreadable(is_later)}</span>
            <q class="notice-text">{text}</q>
            <button type="button" class="notice-action" on:click=act>
                {if is_later { "Reload" } else { "Discard" }}
            </button>
        </p>
    }
    .into_any()
}
