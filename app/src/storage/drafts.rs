//! What was typed and not sent, as long as the tab lives, reloads included. Each tab has its own, and in it each person.

use leptos::prelude::window;
use protocol::{RoomId, UserId};
use web_sys::Storage;

/// Somebody is signed in: drafts of others go. Those without an owner are of an earlier version of the page, which kept
/// them for the person who was signed in.
pub(crate) fn begin(user: UserId) {
    let Some(storage) = storage() else { return };
    for key in keys(&storage) {
        if let Ok(room) = key.parse()
            && let Ok(Some(text)) = storage.get_item(&key)
        {
            set(user, room, &text);
        }
        if !key.starts_with(&user.to_string()) {
            let _ = storage.remove_item(&key);
        }
    }
}

/// The draft of a room, if there is one.
pub(crate) fn get(user: UserId, room: RoomId) -> Option<String> {
    storage()?.get_item(&key(user, room)).ok().flatten()
}

/// Keeps the draft of a room; an empty one is none.
pub(crate) fn set(user: UserId, room: RoomId, text: &str) {
    if let Some(storage) = storage() {
        let key = key(user, room);
        let _ = if text.is_empty() { storage.remove_item(&key) } else { storage.set_item(&key, text) };
    }
}

/// Forgets all of this person's.
pub(crate) fn clear(user: UserId) {
    let Some(storage) = storage() else { return };
    for key in keys(&storage).into_iter().filter(|key| key.starts_with(&user.to_string())) {
        let _ = storage.remove_item(&key);
    }
}

fn key(user: UserId, room: RoomId) -> String {
    format!("{user} {room}")
}

fn keys(storage: &Storage) -> Vec<String> {
    let count = storage.length().unwrap_or_default();
    (0..count).filter_map(|index| storage.key(index).ok().flatten()).collect()
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
