//! What was typed and not sent, as long as the tab lives, reloads included. Each tab has its own.

use leptos::prelude::window;
use protocol::RoomId;
use web_sys::Storage;

/// The draft of a room, if there is one.
pub(crate) fn get(room: RoomId) -> Option<String> {
    storage()?.get_item(&room.to_string()).ok().flatten()
}

/// Keeps the draft of a room; an empty one is none.
pub(crate) fn set(room: RoomId, text: &str) {
    if let Some(storage) = storage() {
        let key = room.to_string();
        let _ = if text.is_empty() { storage.remove_item(&key) } else { storage.set_item(&key, text) };
    }
}

/// Forgets all of them.
pub(crate) fn clear() {
    if let Some(storage) = storage() {
        let _ = storage.clear();
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
