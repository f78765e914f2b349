//! The one way out when a session has ended, however the page learns of it: what this browser holds of rooms, people and
//! pages is emptied, then the sign-in page comes. Unsent messages and drafts are on no other device: they wait for their
//! person, and go with that person's own sign-out only (`state::persistence`).

use crate::dom::document;
use crate::storage;
use leptos::task::spawn_local;

/// The session has ended.
pub(crate) fn session_ended() {
    spawn_local(async {
        storage::empty().await;
        document::to_login();
    });
}

/// A sign-in page is shown, so nobody is signed in: a session may have ended while no page of it was open.
pub(crate) fn nobody_is_signed_in() {
    spawn_local(storage::empty());
}
