//! What a person did before the page was live, from the script in its head (`early.js`).

use js_sys::Array;
use protocol::{ClientId, RoomId};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = early, js_name = take, catch)]
    fn take_all() -> Result<Array, JsValue>;
    #[wasm_bindgen(js_namespace = early, js_name = resume, catch)]
    fn resume_early() -> Result<(), JsValue>;
}

/// A message that was written then, and that no answer has acknowledged.
pub(crate) struct Early {
    pub(crate) room_id: RoomId,
    pub(crate) client_id: ClientId,
    pub(crate) body: String,
}

/// The page is live: from here on it handles what is typed and clicked itself. Returns the messages that wait, the oldest first.
pub(crate) fn take() -> Vec<Early> {
    let read = |message: JsValue| {
        let message = Array::from(&message);
        let text = |at| message.get(at).as_string();
        let id = |at| Uuid::parse_str(&text(at)?).ok();
        Some(Early { room_id: RoomId(id(0)?), client_id: ClientId(id(1)?), body: text(2)? })
    };
    take_all().map(|messages| messages.iter().filter_map(read).collect()).unwrap_or_default()
}

/// The page has stopped: the script handles what is typed again.
pub(crate) fn resume() {
    let _ = resume_early();
}
