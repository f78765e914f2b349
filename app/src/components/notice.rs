//! Says once what the person has to know: a change was not carried out, or nothing can be kept.

use crate::erase::{Erase, live, press};
use crate::state::Chat;
use leptos::prelude::*;

/// Stands above the page until the person has taken note; empty while there is nothing to say.
#[component]
pub(crate) fn Notice() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let notice = move || {
        chat.notice.get().map(|sentence| {
            view! {
                <p class="notice notice-warn">
                    <span>{sentence}</span>
                    <button type="button" class="notice-action" on:click=press(move |_| chat.notice.set(None))>
                        "Close"
                    </button>
                </p>
            }
            .late()
        })
    };
    view! {
        <div class="connection" role="alert">
            {live(notice)}
        </div>
    }
    .erase()
}
