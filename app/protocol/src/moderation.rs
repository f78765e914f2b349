//! What people do against abuse: bans of a room, blocks of people. Only REST carries these.

use crate::{UnixMillis, User, UserId};
use serde::{Deserialize, Serialize};

/// A person who may neither see nor enter a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Who is banned.
    pub user: User,
    /// The admin or owner who banned them.
    pub banned_by: UserId,
    /// When.
    pub created_at: UnixMillis,
}

/// `POST /api/rooms/{id}/bans`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateBan {
    /// Whom.
    pub user_id: UserId,
}

/// `GET /api/rooms/{id}/bans`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanPage {
    /// In the order of the people's ids.
    pub bans: Vec<Ban>,
    /// Cursor of the next page; none on the last.
    pub next_cursor: Option<UserId>,
}

/// `GET /api/me/blocks`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockList {
    /// Whom the person blocks, the latest first. Clients fold their messages.
    pub user_ids: Vec<UserId>,
}
