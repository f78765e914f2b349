//! What people do against abuse: bans of a room, blocks of people, reports of messages. Only REST carries these.

use crate::{ReportId, RoomId, Seq, UnixMillis, User, UserId};
use serde::{Deserialize, Serialize};

/// A person who may neither see nor enter a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The banned person.
    pub user: User,
    /// The admin or owner who banned them.
    pub banned_by: UserId,
    /// When.
    pub created_at: UnixMillis,
}

/// `POST /api/rooms/{id}/bans`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateBan {
    /// The person to ban.
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
    /// The people that the person blocks, the latest first. Clients fold messages of these people.
    pub user_ids: Vec<UserId>,
}

/// `POST /api/messages/room/{id}/{seq}/report`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateReport {
    /// What is wrong with the message, in the person's own words.
    pub reason: String,
}

/// Answer to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAnswer {
    /// Which; the same one where the person has reported the message already.
    pub id: ReportId,
}

/// A reported message: a copy from the time of the report, independent of later edits and deletions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub id: ReportId,
    /// The message's room.
    pub room_id: RoomId,
    /// The room's name now; none for a direct room and for one that was deleted.
    pub room_name: Option<String>,
    /// The message's number.
    pub seq: Seq,
    /// Its text when it was reported.
    pub body: String,
    /// Who sent it.
    pub sender_id: UserId,
    /// Their name then.
    pub sender_name: String,
    /// Who reported it.
    pub reporter_id: UserId,
    /// Their name now.
    pub reporter_name: String,
    /// What they say is wrong with it.
    pub reason: String,
    /// When it was reported.
    pub created_at: UnixMillis,
}

/// `GET /api/reports`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPage {
    /// Open reports, the oldest first.
    pub reports: Vec<Report>,
    /// Cursor of the next page; none on the last.
    pub next_cursor: Option<ReportId>,
}
