//! The one exit when a session has ended, however the page learns of it: evicts the rooms, people and pages of this browser, then
//! opens the sign-in page. Unsent messages and drafts are on no other device: they stay until the person's own sign-out
//! (`state::persistence`).

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
