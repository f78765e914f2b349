//! The frame of the chat: the list of rooms, the pane beside it, and the dialogs above both. It follows the address.

use crate::components::browse::Browse;
use crate::components::connection_bar::ConnectionBar;
use crate::components::details::Details;
use crate::components::new_room::NewRoom;
use crate::components::sidebar::Sidebar;
use crate::dom::document;
use crate::erase::Erase;
use crate::state::{Chat, Dialog, Dialogs};
use crate::words;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::RoomId;

/// What the address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The list of rooms.
    List,
    /// One room.
    Room(RoomId),
    /// The devices.
    Devices,
    /// Nothing of ours.
    Elsewhere,
}

impl Place {
    fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "" => Self::List,
            "/devices" => Self::Devices,
            path => path.strip_prefix("/rooms/").and_then(|id| id.parse().ok()).map_or(Self::Elsewhere, Self::Room),
        }
    }

    const fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room) => Some(room),
            Self::List | Self::Devices | Self::Elsewhere => None,
        }
    }
}

/// `children` is the page. On a narrow screen either the list or the page is shown, see `frame-list` in the style sheet.
#[component]
pub(crate) fn Layout(children: Children) -> impl IntoView {
    let path = use_location().pathname;
    let place = Memo::new(move |_| Place::at(&path.get()));
    follow(place);
    let frame = move || if place.get() == Place::List { "frame frame-list" } else { "frame" };
    view! {
        <div class="chat">
            <a class="skip-link" href="#main" on:click=skip>
                "Skip to the content"
            </a>
            <ConnectionBar />
            <div class=frame>
                <Sidebar />
                <main class="main" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
        <OpenDialog />
    }
    .erase()
}

/// Past the list: to the composer, or where there is none to the page itself.
fn skip(event: MouseEvent) {
    event.prevent_default();
    document::focus("main");
    document::focus("composer");
}

/// Keeps the open room, the focus and the title at what the address names.
fn follow(place: Memo<Place>) {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    Effect::new(move |before: Option<Place>| {
        let place = place.get();
        if before.is_some_and(|before| before != place) {
            untrack(|| {
                dialogs.close();
                chat.look_at(place.room());
            });
            request_animation_frame(document::focus_after_navigation);
        }
        place
    });
    Effect::new(move |_| {
        let page = match place.get() {
            Place::Room(_) => chat.room.with(|room| room.as_ref().map(|room| room.name.clone()).unwrap_or_default()),
            Place::Devices => "Devices".to_owned(),
            Place::List | Place::Elsewhere => String::new(),
        };
        document::set_title(&words::title(chat.unread.get(), &page));
    });
}

#[component]
fn OpenDialog() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    move || {
        dialogs.open.get().map(|dialog| match dialog {
            Dialog::New(kind) => view! { <NewRoom kind /> }.late(),
            Dialog::Browse => view! { <Browse /> }.late(),
            Dialog::Details => view! { <Details /> }.late(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_path_names_a_place() {
        let room = RoomId(Uuid::from_u128(7));
        assert_eq!(Place::at("/"), Place::List);
        assert_eq!(Place::at("/devices"), Place::Devices);
        assert_eq!(Place::at(&format!("/rooms/{room}")), Place::Room(room));
        assert_eq!(Place::at("/rooms/tea"), Place::Elsewhere);
    }
}
