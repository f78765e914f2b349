//! Signals over the engine, shared by all views through context. One `Chat` a page; nothing here is global.

mod address;
pub(crate) mod api;
pub(crate) mod chat;
pub(crate) mod clock;
pub(crate) mod dialogs;
mod effects;
pub(crate) mod ending;
pub(crate) mod keyed;
pub(crate) mod leadership;
pub(crate) mod persistence;
pub(crate) mod rows;

pub(crate) use address::{Address, Place};
pub(crate) use chat::Chat;
pub(crate) use clock::Clock;
pub(crate) use dialogs::{Dialog, Dialogs};

use crate::Boot;
use crate::dom::document;
use crate::storage::drafts;
use leptos::prelude::*;
use protocol::{RoomId, User, UserId};
use std::collections::HashMap;

/// What a person typed and has not sent, by room. Lives as long as the tab, see `storage::drafts`; on a device that is not
/// theirs, as long as the page.
#[derive(Clone, Copy)]
pub(crate) struct Drafts {
    texts: StoredValue<HashMap<RoomId, String>>,
    /// Whose drafts are kept; none where nothing is.
    kept_of: Option<UserId>,
}

impl Drafts {
    pub(crate) fn get(self, room: RoomId) -> String {
        let kept = || self.kept_of.and_then(|user| drafts::get(user, room));
        self.texts.with_value(|drafts| drafts.get(&room).cloned()).or_else(kept).unwrap_or_default()
    }

    pub(crate) fn set(self, room: RoomId, text: String) {
        if let Some(user) = self.kept_of {
            drafts::set(user, room, &text);
        }
        self.texts.update_value(|drafts| {
            drafts.insert(room, text);
        });
    }
}

/// Makes everything that a signed-in page shares and puts it into context.
pub(crate) fn provide(user: User, boot: &Boot) {
    let clock = Clock::new();
    drafts::begin(user.id);
    let kept_of = (!boot.shared).then_some(user.id);
    let drafts = Drafts { texts: StoredValue::new(HashMap::new()), kept_of };
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
