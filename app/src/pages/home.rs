//! `/`: the list of rooms is the page; beside it, on a wide screen, a place to start from.

use crate::components::logo::Logo;
use crate::state::{Chat, Dialog, Dialogs};
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::RoomKind;

/// Shown where no room is open. On a narrow screen the list fills the page, and only the heading stays, for those who
/// hear it.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let text = move || {
        if chat.rooms.is_empty() {
            "Start a chat with somebody, or look which public rooms there are."
        } else {
            "Choose a room from the list, or start a new chat."
        }
    };
    view! {
        <div class="empty empty-home">
            <Logo />
            <h1 class="empty-title">"Your rooms"</h1>
            <p>{text}</p>
            <div class="empty-actions">
                <button
                    type="button"
                    class="button button-primary"
                    on:click=move |_| dialogs.show(Dialog::New(RoomKind::Direct))
                >
                    "Start a chat"
                </button>
                <button type="button" class="button" on:click=move |_| dialogs.show(Dialog::Browse)>
                    "See public rooms"
                </button>
            </div>
        </div>
    }
    .into_any()
}
