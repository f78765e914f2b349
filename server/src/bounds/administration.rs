//! Sessions, invites, one-time links, and what administrators see.

use super::{Area, bound};
use crate::auth::{invites, settings};
use crate::documents::admin::{audit, people, reports};
use chat::background::{ACCOUNTS_INTERVAL, ENDED_SESSIONS_MS};
use store::bounds::{INVITE_ROOMS, INVITES_MAX, SESSIONS_MAX, SETUP_LINKS};

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(count SESSIONS_MAX, "person: live sessions", "the oldest one ends", ""),
        bound!(ms ENDED_SESSIONS_MS, "ended session: time until it is removed", "nothing", ""),
        bound!(time ACCOUNTS_INTERVAL, "node: time between two looks at changed accounts", "an ended session may live on for twice that time", ""),
        bound!(count INVITES_MAX, "server: invites that work", "409", ""),
        bound!(count INVITE_ROOMS, "invite: rooms", "400 naming the field", ""),
        bound!(range invites::USES, "invite: accounts that can be made with it", "400 naming the field", ""),
        bound!(range invites::DAYS, "invite: days until it expires", "400 naming the field", ""),
        bound!(ms invites::RESET_LINK_MS, "one-time link for a password: time until it expires", "403", ""),
        bound!(count SETUP_LINKS, "server: one-time links for the first account", "the oldest one ends", ""),
        bound!(count people::ACCOUNTS, "page of people for administrators: accounts", "the next page has the rest", ""),
        bound!(count reports::REPORTS, "page of reports for administrators: reports", "the next page has the rest", ""),
        bound!(count audit::ENTRIES, "page of the audit log: entries", "the next page has the rest", ""),
        bound!(count settings::SERVER_NAME_CHARS, "name of the server: characters", "400 naming the field", ""),
        bound!(bytes settings::LINK_CHARS, "link on the sign-in page: bytes", "400 naming the field", ""),
    ];
    Area { title: "Administration", rows }
}
