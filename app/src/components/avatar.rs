//! A round tile with initials for a person, a squared one for a room; the hue is the id's, the same on every device.

use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use protocol::{RoomKind, RoomSummary, UserId};
use uuid::Uuid;

/// Hues that the style sheet knows.
const HUES: [&str; 12] =
    ["hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5", "hue-6", "hue-7", "hue-8", "hue-9", "hue-10", "hue-11"];

/// A UUIDv7 begins with the time; its last bytes are random.
fn hue(id: Uuid) -> &'static str {
    let sum: usize = id.as_bytes()[10..].iter().map(|byte| usize::from(*byte)).sum();
    HUES[sum % HUES.len()]
}

/// A person.
#[component]
pub(crate) fn PersonAvatar(id: UserId, name: String) -> impl IntoView {
    view! { <span class=format!("avatar avatar-person {}", hue(id.0)) aria-hidden="true">{words::initials(&name)}</span> }
        .into_any()
}

/// A room; a direct one looks like the other person.
#[component]
pub(crate) fn RoomAvatar(#[prop(into)] room: Signal<RoomSummary>) -> impl IntoView {
    let class = Memo::new(move |_| {
        room.with(|room| match (room.kind, &room.other) {
            (RoomKind::Direct, Some(other)) => format!("avatar avatar-person {}", hue(other.id.0)),
            (RoomKind::Direct, None) => format!("avatar avatar-person {}", hue(room.id.0)),
            (RoomKind::Group | RoomKind::Public | RoomKind::Unknown, _) => {
                format!("avatar avatar-room {}", hue(room.id.0))
            }
        })
    });
    let text = Memo::new(move |_| {
        room.with(|room| match room.kind {
            RoomKind::Direct | RoomKind::Group | RoomKind::Unknown => words::initials(&room.name),
            RoomKind::Public => "#".to_owned(),
        })
    });
    view! {
        <span class=class aria-hidden="true">
            {text}
        </span>
    }
    .into_any()
}
