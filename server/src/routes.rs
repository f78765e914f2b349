//! The REST API: each file has the handlers of one kind of thing. They translate; rules are in `chat` and `auth`.

pub(crate) mod auth;
pub(crate) mod bans;
pub(crate) mod blocks;
pub(crate) mod health;
pub(crate) mod members;
pub(crate) mod messages;
pub(crate) mod reports;
pub(crate) mod rooms;
pub(crate) mod users;

/// Which page of a list, by the cursor that the page before named.
#[derive(serde::Deserialize)]
pub(crate) struct Page<C> {
    cursor: Option<C>,
    limit: Option<i64>,
}
