//! The name of the open room, what it is, and the way to its details.

use crate::components::avatar::RoomAvatar;
use crate::components::icon::{self, Icon};
use crate::erase::{Erase, memo, press, shown_while};
use crate::state::{Chat, Dialog, Dialogs};
use crate::words;
use leptos::prelude::*;
use protocol::{RoomKind, RoomSummary};

/// `first` is the room as it is now; from then on `Chat` tells.
#[component]
pub(crate) fn RoomHeader(first: RoomSummary) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    // A room that goes away keeps its last face until the page has gone too.
    let room = Memo::new(move |before: Option<&RoomSummary>| {
        chat.room.get().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let name = memo(move || room.with(|room| room.name.clone()));
    let note = memo(move || room.with(note));
    let has_details = memo(move || room.with(|room| room.kind != RoomKind::Direct && room.role.is_some()));
    view! {
        <header class="bar">
            <a class="icon-button bar-back" href="/" aria-label="Back to the list of rooms">
                <Icon path=icon::BACK />
            </a>
            <RoomAvatar room />
            <div class="min-w-0 grow">
                <h1 class="bar-title">{name}</h1>
                <p class="bar-note">{note}</p>
            </div>
            {shown_while(move || has_details.get(), move || view! {
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Room details"
                    title="Room details"
                    aria-haspopup="dialog"
                    on:click=press(move |_| dialogs.show(Dialog::Details))
                >
                    <Icon path=icon::INFO />
                </button>
            }.erase())}
        </header>
    }
    .erase()
}

/// `Group · 3 members`, `Direct chat · @ada`
fn note(room: &RoomSummary) -> String {
    let kind = words::kind(room.kind);
    match (&room.kind, &room.other) {
        (RoomKind::Direct, Some(other)) => format!("{kind} · @{}", other.username),
        (RoomKind::Direct, None) => kind.to_owned(),
        (RoomKind::Group | RoomKind::Public, _) => format!("{kind} · {}", words::members(room.members_count)),
    }
}
