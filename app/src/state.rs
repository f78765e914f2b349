//! Signals over the engine, shared by all views through context. One `Chat` a page; nothing here is global.

mod address;
pub(crate) mod api;
pub(crate) mod chat;
pub(crate) mod clock;
pub(crate) mod dialogs;
mod effects;
pub(crate) mod keeping;
pub(crate) mod keyed;
pub(crate) mod rows;

pub(crate) use address::{Address, Place};
pub(crate) use chat::Chat;
pub(crate) use clock::Clock;
pub(crate) use dialogs::{Dialog, Dialogs};

use crate::Boot;
use crate::dom::document;
use crate::storage::drafts;
use leptos::prelude::*;
use protocol::{RoomId, User};
use std::collections::HashMap;

/// What a person typed and has not sent, by room. Lives as long as the tab, see `storage::drafts`.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(StoredValue<HashMap<RoomId, String>>);

impl Drafts {
    pub(crate) fn get(self, room: RoomId) -> String {
        self.0.with_value(|drafts| drafts.get(&room).cloned()).or_else(|| drafts::get(room)).unwrap_or_default()
    }

    pub(crate) fn set(self, room: RoomId, text: String) {
        drafts::set(room, &text);
        self.0.update_value(|drafts| {
            drafts.insert(room, text);
        });
    }
}

/// Makes everything that a signed-in page shares and puts it into context.
pub(crate) fn provide(user: User, boot: &Boot) {
    let clock = Clock::new();
    let drafts = Drafts(StoredValue::new(HashMap::new()));
    let typed = document::typed_before();
    if let Some(room) = boot.room_id().filter(|_| !typed.is_empty()) {
        drafts.set(room, typed);
    }
    provide_context(clock);
    provide_context(Address::new(&boot.path()));
    provide_context(drafts);
    provide_context(Dialogs::default());
    provide_context(Chat::new(user, boot, clock));
}
