//! The name of the open room, what it is, and the way to its details.

use crate::components::avatar::RoomAvatar;
use crate::components::icon::{self, Icon};
use crate::state::{Chat, Clock, Dialog, Dialogs};
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use protocol::{PresenceState, RoomKind, RoomSummary, UnixMillis};

/// `first` is the room as it is now; from then on `Chat` tells.
#[component]
pub(crate) fn RoomHeader(first: RoomSummary) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    // A room that goes away keeps its last face until the page has gone too.
    let room = Memo::new(move |before: Option<&RoomSummary>| {
        chat.room.get().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let name = Memo::new(move |_| room.with(|room| room.name.clone()));
    let clock = expect_context::<Clock>();
    let note = Memo::new(move |_| room.with(|room| note(room, chat.presence(room), clock)));
    let has_details = Memo::new(move |_| room.with(|room| room.kind != RoomKind::Direct && room.role.is_some()));
    let other = Memo::new(move |_| room.with(|room| room.other.as_ref().map(|other| other.id)));
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
            {move || has_details.get().then(|| view! {
                <a
                    class="icon-button"
                    href=room.with_untracked(|room| format!("/rooms/{}/manage", room.id))
                    rel="external"
                    aria-label="Room details"
                    title="Room details"
                    aria-haspopup="dialog"
                    on:click=move |event| dialogs.show_for(&event, Dialog::Details)
                >
                    <Icon path=icon::INFO />
                </a>
            }.into_any())}
            {move || other.get().map(|other| view! {
                <a
                    class="icon-button"
                    rel="external"
                    href=format!("/people/{other}")
                    aria-label="About this person"
                    title="About this person"
                >
                    <Icon path=icon::INFO />
                </a>
            }.into_any())}
        </header>
    }
    .into_any()
}

/// `Group · 3 members`, `@ada · online`, `@ada · last seen Mon`, `Direct chat · @ada`
fn note(room: &RoomSummary, presence: Option<(PresenceState, UnixMillis)>, clock: Clock) -> String {
    let kind = words::kind(room.kind);
    match (room.kind, &room.other, presence) {
        (RoomKind::Direct, Some(other), Some((PresenceState::Online, _))) => format!("@{} · online", other.username),
        (RoomKind::Direct, Some(other), Some((PresenceState::Away, _))) => format!("@{} · away", other.username),
        (RoomKind::Direct, Some(other), Some((_, seen))) if seen.0 > 0 => {
            format!("@{} · last seen {}", other.username, clock.brief(seen))
        }
        (RoomKind::Direct, Some(other), _) => format!("{kind} · @{}", other.username),
        (RoomKind::Direct, None, _) => kind.to_owned(),
        (RoomKind::Group | RoomKind::Public | RoomKind::Unknown, ..) => {
            let about = room.topic.as_ref().map(|topic| format!(" · {topic}")).unwrap_or_default();
            format!("{kind} · {}{about}", words::members(room.members_count))
        }
    }
}
