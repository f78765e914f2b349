//! Says why a change of a message was not carried out. The message is shown as it is again.

use crate::erase::{Erase, live, press};
use crate::state::Chat;
use leptos::prelude::*;

/// Empty while there is nothing to say.
#[component]
pub(crate) fn Refusal() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let refused = move || {
        chat.refused.get().map(|reason| {
            view! {
                <p class="notice notice-warn">
                    <span>{format!("Not changed. {reason}")}</span>
                    <button type="button" class="notice-action" on:click=press(move |_| chat.refused.set(None))>
                        "Close"
                    </button>
                </p>
            }
            .late()
        })
    };
    view! {
        <div class="connection" role="alert">
            {live(refused)}
        </div>
    }
    .erase()
}
