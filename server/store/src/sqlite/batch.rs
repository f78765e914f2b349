//! A batch of messages in six statements, whatever its size: lists travel as JSON.

use super::Result;
use super::sql::{Pool, Tx, is_blocked, message, message_columns, raised_mark, raised_mark_columns};
use crate::codes::Code;
use crate::driver::{TAKEN, is_taken};
use crate::rules::append::{Looked, Original, Plain, Sender};
use crate::{Append, RaisedMark, Refusal};
use protocol::{ClientId, Mark, Message, Role, RoomId, Seq, UnixMillis, UserId};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow as DbRow;
use std::collections::BTreeSet;
use uuid::Uuid;

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

fn pairs(pairs: impl Iterator<Item = (Uuid, Uuid)>) -> String {
    serde_json::Value::from_iter(pairs.map(|(a, b)| json!([hex(a), hex(b)]))).to_string()
}

/// Would store a batch that needs no decision. Here that saves nothing: a statement is a call of a function.
pub(super) fn store_plain(_: &Pool, _: &[Append]) -> std::future::Ready<Result<Plain>> {
    std::future::ready(Ok(Plain::Undecided))
}

/// Of these entries, what matters to them: names of senders who are members, messages that bear an id already, and ids that
/// were refused.
pub(super) async fn look(tx: &mut Tx, entries: &[Append]) -> Result<Looked> {
    let members = entries.iter().map(|entry| (entry.room_id, entry.sender_id)).collect::<BTreeSet<_>>();
    let ids = entries.iter().map(|entry| (entry.sender_id, entry.client_id)).collect::<BTreeSet<_>>();
    let members = members_of(tx, members).await?;
    let refused = refused(tx, &ids).await?;
    Ok(Looked { members, originals: originals(tx, ids).await?, refused })
}

/// Which of these ids of senders were refused.
async fn refused(tx: &mut Tx, wanted: &BTreeSet<(UserId, ClientId)>) -> Result<Vec<((UserId, ClientId), Refusal)>> {
    let rows = sqlx::query(
        "select sender_id, client_id, reason from refusals
         where (client_id, sender_id) in (select unhex(value ->> 0), unhex(value ->> 1) from json_each($1))",
    )
    .bind(pairs(wanted.iter().map(|(user, id)| (id.0, user.0))))
    .fetch_all(&mut **tx)
    .await?;
    let read = |row: &DbRow| {
        let id = (UserId(row.try_get("sender_id")?), ClientId(row.try_get("client_id")?));
        Ok((id, Refusal::from_code(row.try_get("reason")?)))
    };
    rows.iter().map(read).collect()
}

/// Which of these are members.
async fn members_of(tx: &mut Tx, wanted: BTreeSet<(RoomId, UserId)>) -> Result<Vec<(RoomId, UserId, Sender)>> {
    let rows = sqlx::query(concat!(
        "select m.room_id, m.user_id, m.role, coalesce(u.shown_name, u.display_name) as name, ",
        is_blocked!("m.room_id", "m.user_id"),
        " as is_blocked from members m join users u on u.id = m.user_id
         where (m.room_id, m.user_id) in (select unhex(value ->> 0), unhex(value ->> 1) from json_each($1))"
    ))
    .bind(pairs(wanted.iter().map(|(room, user)| (room.0, user.0))))
    .fetch_all(&mut **tx)
    .await?;
    let read = |row: &DbRow| {
        let (name, role) = (row.try_get("name")?, Role::from_code(row.try_get("role")?));
        let sender = Sender { name, role, is_blocked: row.try_get("is_blocked")? };
        Ok((RoomId(row.try_get("room_id")?), UserId(row.try_get("user_id")?), sender))
    };
    rows.iter().map(read).collect()
}

/// Messages that bear these ids of these senders.
async fn originals(tx: &mut Tx, wanted: BTreeSet<(UserId, ClientId)>) -> Result<Vec<Original>> {
    let rows = sqlx::query(concat!(
        "select ",
        message_columns!("m", "u"),
        ", m.first_digest from messages m join users u on u.id = m.sender_id
          where (m.client_id, m.sender_id) in (select unhex(value ->> 0), unhex(value ->> 1) from json_each($1))"
    ))
    .bind(pairs(wanted.iter().map(|(user, id)| (id.0, user.0))))
    .fetch_all(&mut **tx)
    .await?;
    let read = |row| Ok(Original { message: message(row)?, first_digest: row.try_get("first_digest")? });
    rows.iter().map(read).collect()
}

/// Stores text messages as they are, and moves their rooms to these heads. `Conflict` where an id is taken.
pub(super) async fn insert(tx: &mut Tx, messages: &[&Message], heads: &[(RoomId, Seq)]) -> Result<()> {
    let rows = messages.iter().map(|m| {
        let reply_to = m.reply_to.map(|seq| seq.0);
        json!([hex(m.room_id.0), m.seq.0, hex(m.sender_id.0), hex(m.client_id.0), m.body, reply_to, m.created_at.0])
    });
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, reply_to, created_at)
         select unhex(value ->> 0), value ->> 1, unhex(value ->> 2), unhex(value ->> 3), 0, value ->> 4, value ->> 5, value ->> 6
         from json_each($1)",
    )
    .bind(serde_json::Value::from_iter(rows).to_string())
    .execute(&mut **tx)
    .await
    .map_err(|error| if is_taken(&error) { TAKEN } else { error.into() })?;
    raise_heads(tx, heads).await
}

/// Moves rooms to these heads.
async fn raise_heads(tx: &mut Tx, heads: &[(RoomId, Seq)]) -> Result<()> {
    let heads = heads.iter().map(|(room, seq)| json!([hex(room.0), seq.0]));
    sqlx::query(
        "update rooms set last_seq = head.seq
         from (select unhex(value ->> 0) as id, value ->> 1 as seq from json_each($1)) as head where rooms.id = head.id",
    )
    .bind(serde_json::Value::from_iter(heads).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps that these messages were refused.
pub(super) async fn refuse(tx: &mut Tx, refused: &[((UserId, ClientId), Refusal)], now: UnixMillis) -> Result<()> {
    let rows = refused.iter().map(|((sender, id), refusal)| json!([hex(sender.0), hex(id.0), refusal.code()]));
    sqlx::query(
        "insert or ignore into refusals (sender_id, client_id, reason, refused_at)
         select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, $2 from json_each($1)",
    )
    .bind(serde_json::Value::from_iter(rows).to_string())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Raises marks; the members whose marks moved.
pub(super) async fn raise_marks(tx: &mut Tx, marks: &[(RoomId, Mark)]) -> Result<Vec<(RoomId, UserId)>> {
    // What is read has arrived.
    let marks = marks.iter().map(|(room, mark)| json!([hex(room.0), hex(mark.0.0), mark.1.max(mark.2).0, mark.2.0]));
    let rows = sqlx::query(
        "update members set delivered_seq = max(delivered_seq, min(new.delivered, r.last_seq)),
           read_seq = max(read_seq, min(new.read, r.last_seq))
         from (select unhex(value ->> 0) as room_id, unhex(value ->> 1) as user_id, value ->> 2 as delivered,
           value ->> 3 as read from json_each($1)) as new join rooms r on r.id = new.room_id
         where members.room_id = new.room_id and members.user_id = new.user_id
           and (delivered_seq < min(new.delivered, r.last_seq) or read_seq < min(new.read, r.last_seq))
         returning room_id, user_id",
    )
    .bind(serde_json::Value::from_iter(marks).to_string())
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(|row| Ok((RoomId(row.try_get("room_id")?), UserId(row.try_get("user_id")?)))).collect()
}

/// These members' marks, and how far they may be told.
pub(super) async fn raised_marks(tx: &mut Tx, wanted: &[(RoomId, UserId)]) -> Result<Vec<RaisedMark>> {
    let rows = sqlx::query(concat!(
        "select ",
        raised_mark_columns!(),
        " from members m join rooms r on r.id = m.room_id join users u on u.id = m.user_id
          where (m.room_id, m.user_id) in (select unhex(value ->> 0), unhex(value ->> 1) from json_each($1))"
    ))
    .bind(pairs(wanted.iter().map(|(room, user)| (room.0, user.0))))
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(raised_mark).collect()
}
