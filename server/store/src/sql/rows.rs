//! From columns to the protocol's types. Each list of columns stands beside the function that reads it. Rows are read by name, so
//! the lists give each column a name that none of the others has: one statement may use several of them.

use super::{Db, Result};
use crate::RaisedMark;
use crate::codes::Code;
use protocol::limits::PREVIEW_CHARS;
use protocol::{ClientId, Mark, Message, MessageKind, Rev, RoomId, Seq, SystemEvent, UnixMillis, User, UserId};
use sqlx::{Database, Row as _};

pub(super) type Row = <Db as Database>::Row;

/// What [`user`] reads, of a user in `$table`.
macro_rules! user_columns {
    ($table:literal) => {
        concat!(
            $table,
            ".id as user_id, ",
            $table,
            ".username, ",
            $table,
            ".display_name, ",
            $table,
            ".is_admin, ",
            $table,
            ".created_at as joined_at, ",
            $table,
            ".receipts"
        )
    };
}
pub(super) use user_columns;

pub(super) fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId(row.try_get("user_id")?),
        username: row.try_get("username")?,
        display_name: row.try_get("display_name")?,
        is_admin: row.try_get("is_admin")?,
        created_at: UnixMillis(row.try_get("joined_at")?),
        receipts: row.try_get("receipts")?,
    })
}

/// What [`message`] reads, of a message in `$message` with its sender in `$sender`; or of its `protocol::Message::preview`.
macro_rules! message_columns {
    ($message:literal, $sender:literal) => {
        message_columns!($message, $sender, concat!($message, ".body"), concat!($message, ".reactions"))
    };
    (preview $message:literal, $sender:literal) => {
        message_columns!(
            $message,
            $sender,
            concat!(
                "case when ",
                $message,
                ".kind = 0 then substr(",
                $message,
                ".body, 1, 200) else ",
                $message,
                ".body end"
            ),
            "cast(null as text)"
        )
    };
    ($message:literal, $sender:literal, $body:expr, $reactions:expr) => {
        concat!(
            $message,
            ".room_id, ",
            $message,
            ".seq, ",
            $message,
            ".rev, ",
            $message,
            ".sender_id, ",
            "coalesce(",
            $sender,
            ".shown_name, ",
            $sender,
            ".display_name) as sender_name, ",
            $message,
            ".client_id, ",
            $message,
            ".kind, ",
            $body,
            " as body, ",
            $message,
            ".reply_to, ",
            $message,
            ".created_at, ",
            $message,
            ".edited_at, ",
            $message,
            ".deleted_at, ",
            $reactions,
            " as reactions"
        )
    };
}
pub(in super::super) use message_columns;

// What the statement says.
const _: () = assert!(PREVIEW_CHARS == 200);

/// Bytes of a message's texts as they are stored: at most what they take as JSON.
macro_rules! stored_bytes {
    ($message:literal) => {
        concat!("octet_length(", $message, ".body) + coalesce(octet_length(", $message, ".reactions), 0)")
    };
}
pub(super) use stored_bytes;

pub(in super::super) fn message(row: &Row) -> Result<Message> {
    let kind = MessageKind::from_code(row.try_get("kind")?);
    let stored: String = row.try_get("body")?;
    let (body, event) = match kind {
        MessageKind::Text => (stored, None),
        // What this version cannot read a later node may have written: it is told as such, and hides nothing beside it.
        MessageKind::System => (String::new(), Some(serde_json::from_str(&stored).unwrap_or(SystemEvent::Unknown))),
        MessageKind::Unknown => (String::new(), None),
    };
    Ok(Message {
        room_id: RoomId(row.try_get("room_id")?),
        seq: Seq(row.try_get("seq")?),
        rev: Rev(row.try_get("rev")?),
        sender_id: UserId(row.try_get("sender_id")?),
        sender_name: row.try_get("sender_name")?,
        client_id: ClientId(row.try_get("client_id")?),
        kind,
        body,
        event,
        reply_to: row.try_get::<Option<i64>, _>("reply_to")?.map(Seq),
        created_at: UnixMillis(row.try_get("created_at")?),
        edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(UnixMillis),
        deleted_at: row.try_get::<Option<i64>, _>("deleted_at")?.map(UnixMillis),
        reactions: match row.try_get::<Option<String>, _>("reactions")? {
            Some(json) => serde_json::from_str(&json).unwrap_or_default(),
            None => Vec::new(),
        },
    })
}

/// The mark of a member whose columns `user_id`, `delivered_seq` and `read_seq` are in the row.
pub(super) fn mark(row: &Row) -> Result<Mark> {
    Ok(Mark(UserId(row.try_get("user_id")?), Seq(row.try_get("delivered_seq")?), Seq(row.try_get("read_seq")?)))
}

/// Columns of a member `m` of room `r` who is user `u`, as a [`RaisedMark`].
macro_rules! raised_mark_columns {
    () => {
        "m.room_id, m.user_id, m.delivered_seq, m.read_seq, r.members_count, u.receipts"
    };
}
pub(in super::super) use raised_mark_columns;

pub(in super::super) fn raised_mark(row: &Row) -> Result<RaisedMark> {
    Ok(RaisedMark {
        room_id: RoomId(row.try_get("room_id")?),
        mark: mark(row)?,
        members_count: row.try_get("members_count")?,
        receipts: row.try_get("receipts")?,
    })
}
