//! Where the person is: the address, and what it names. Links within the chat change it without loading a page.

use crate::dom::history;
use leptos::prelude::*;
use protocol::RoomId;
use std::time::Duration;

/// What an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list of rooms.
    List,
    /// One room.
    Room(RoomId),
    /// The devices.
    Devices,
    /// Nothing of the chat's.
    Elsewhere,
}

impl Place {
    pub(crate) fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "" => Self::List,
            "/devices" => Self::Devices,
            path => path.strip_prefix("/rooms/").and_then(|id| id.parse().ok()).map_or(Self::Elsewhere, Self::Room),
        }
    }

    pub(crate) const fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room) => Some(room),
            Self::List | Self::Devices | Self::Elsewhere => None,
        }
    }
}

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Address(RwSignal<Place>);

impl Address {
    /// Starts at `path`, and follows links, the browser's buttons and [`Address::go`] once the page is live.
    pub(crate) fn new(path: &str) -> Self {
        let place = RwSignal::new(Place::at(path));
        Effect::new(move |_| {
            history::follow(move |path| {
                let to = Place::at(path);
                if to == Place::Elsewhere {
                    return false;
                }
                place.set(to);
                true
            });
            // Without a network the page may be one that was kept for another address. Once everything follows the
            // place, it goes on from there.
            let here = Place::at(&history::path());
            if here != Place::Elsewhere && here != place.get_untracked() {
                set_timeout(move || place.set(here), Duration::ZERO);
            }
        });
        Self(place)
    }

    pub(crate) fn place(self) -> Memo<Place> {
        Memo::new(move |_| self.0.get())
    }

    /// Goes to a place of the chat.
    pub(crate) fn go(self, path: &str) {
        history::push(path);
        self.0.set(Place::at(path));
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
        assert_eq!(Place::at("/login"), Place::Elsewhere);
    }
}
