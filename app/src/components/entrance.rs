//! What follows once a room was made, joined or left: the engine knows, the dialog closes, the page goes there.

use crate::state::{Address, Chat, Dialogs};
use leptos::prelude::*;
use protocol::{RoomId, RoomSummary};

/// Goes into a room that a REST call answered with. Ask for it while a view is built.
pub(crate) fn on_enter() -> Callback<RoomSummary> {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let address = expect_context::<Address>();
    Callback::new(move |room: RoomSummary| {
        let path = format!("/rooms/{}", room.id);
        chat.entered(room);
        dialogs.close();
        address.go(&path);
    })
}

/// Goes out of a room that a REST call took away.
pub(crate) fn on_exit() -> Callback<RoomId> {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let address = expect_context::<Address>();
    Callback::new(move |room: RoomId| {
        dialogs.close();
        address.go("/");
        chat.look_at(None);
        chat.left(room);
    })
}
