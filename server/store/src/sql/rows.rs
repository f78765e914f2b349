//! From columns to the protocol's types. Each list of columns stands beside the function that reads it, from a given place on.

use super::{Db, Result};
use crate::RaisedMark;
use crate::codes::Code;
use protocol::limits::PREVIEW_CHARS;
use protocol::{ClientId, Mark, Message, MessageKind, Rev, RoomId, Seq, SystemEvent, UnixMillis, User, UserId};
use sqlx::{Database, Row as _};

pub(super) type Row = <Db as Database>::Row;

/// How many columns [`user`] reads.
pub(super) const USER_COLUMNS: usize = 6;

macro_rules! user_columns {
    ($table:literal) => {
        concat!(
            $table,
            ".id, ",
            $table,
            ".username, ",
            $table,
            ".display_name, ",
            $table,
            ".is_admin, ",
            $table,
            ".created_at, ",
            $table,
            ".receipts"
        )
    };
}
pub(super) use user_columns;

pub(super) fn user(row: &Row, at: usize) -> Result<User> {
    Ok(User {
        id: UserId(row.try_get(at)?),
        username: row.try_get(at + 1)?,
        display_name: row.try_get(at + 2)?,
        is_admin: row.try_get(at + 3)?,
        created_at: UnixMillis(row.try_get(at + 4)?),
        receipts: row.try_get(at + 5)?,
    })
}

/// How many columns [`message`] reads.
pub(in super::super) const MESSAGE_COLUMNS: usize = 13;

/// Columns of a message in `$message` with its sender in `$sender`.
macro_rules! message_columns {
    ($message:literal, $sender:literal) => {
        concat!(
            $message,
            ".room_id, ",
            $message,
            ".seq, ",
            $message,
            ".rev, ",
            $message,
            ".sender_id, ",
            $sender,
            ".display_name, ",
            $message,
            ".client_id, ",
            $message,
            ".kind, ",
            $message,
            ".body, ",
            $message,
            ".reply_to, ",
            $message,
            ".created_at, ",
            $message,
            ".edited_at, ",
            $message,
            ".deleted_at, ",
            $message,
            ".reactions"
        )
    };
}
pub(in super::super) use message_columns;

/// Bytes of a message's texts as they are stored: at most what they take as JSON.
macro_rules! stored_bytes {
    ($message:literal) => {
        concat!("octet_length(", $message, ".body) + coalesce(octet_length(", $message, ".reactions), 0)")
    };
}
pub(super) use stored_bytes;

/// As [`message_columns`], of `protocol::Message::preview`.
macro_rules! preview_columns {
    ($message:literal, $sender:literal) => {
        concat!(
            $message,
            ".room_id, ",
            $message,
            ".seq, ",
            $message,
            ".rev, ",
            $message,
            ".sender_id, ",
            $sender,
            ".display_name, ",
            $message,
            ".client_id, ",
            $message,
            ".kind, case when ",
            $message,
            ".kind = 0 then substr(",
            $message,
            ".body, 1, 200) else ",
            $message,
            ".body end, ",
            $message,
            ".reply_to, ",
            $message,
            ".created_at, ",
            $message,
            ".edited_at, ",
            $message,
            ".deleted_at, cast(null as text)"
        )
    };
}
pub(super) use preview_columns;

// What the statement says.
const _: () = assert!(PREVIEW_CHARS == 200);

pub(in super::super) fn message(row: &Row, at: usize) -> Result<Message> {
    let kind = MessageKind::from_code(row.try_get(at + 6)?);
    let stored: String = row.try_get(at + 7)?;
    let (body, event) = match kind {
        MessageKind::Text => (stored, None),
        // What this version cannot read a later node may have written: it is told as such, and hides nothing beside it.
        MessageKind::System => (String::new(), Some(serde_json::from_str(&stored).unwrap_or(SystemEvent::Unknown))),
        MessageKind::Unknown => (String::new(), None),
    };
    Ok(Message {
        room_id: RoomId(row.try_get(at)?),
        seq: Seq(row.try_get(at + 1)?),
        rev: Rev(row.try_get(at + 2)?),
        sender_id: UserId(row.try_get(at + 3)?),
        sender_name: row.try_get(at + 4)?,
        client_id: ClientId(row.try_get(at + 5)?),
        kind,
        body,
        event,
        reply_to: row.try_get::<Option<i64>, _>(at + 8)?.map(Seq),
        created_at: UnixMillis(row.try_get(at + 9)?),
        edited_at: row.try_get::<Option<i64>, _>(at + 10)?.map(UnixMillis),
        deleted_at: row.try_get::<Option<i64>, _>(at + 11)?.map(UnixMillis),
        reactions: match row.try_get::<Option<String>, _>(at + 12)? {
            Some(json) => serde_json::from_str(&json).unwrap_or_default(),
            None => Vec::new(),
        },
    })
}

/// Columns of a member `m` of room `r` who is user `u`, as a [`RaisedMark`].
macro_rules! moved_columns {
    () => {
        "select m.room_id, m.user_id, m.delivered_seq, m.read_seq, r.members_count, u.receipts"
    };
}
pub(in super::super) use moved_columns;

pub(in super::super) fn read_raised_mark(row: &Row) -> Result<RaisedMark> {
    Ok(RaisedMark {
        room_id: RoomId(row.try_get(0)?),
        mark: Mark(UserId(row.try_get(1)?), Seq(row.try_get(2)?), Seq(row.try_get(3)?)),
        members_count: row.try_get(4)?,
        receipts: row.try_get(5)?,
    })
}
