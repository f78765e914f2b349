//! A batch of messages in three statements, whatever its size: lists travel as arrays, so that each stays one prepared statement.
//!
//! What is looked up stands in a `lateral … limit 1`: it is one row of an index for each entry. Left to choose, the planner joins
//! users first, and then reads everything that each of them ever wrote.

use super::Result;
use super::sql::{Tx, is_blocked, message, message_columns, raised_mark, raised_mark_columns};
use crate::codes::Code;
use crate::driver::{TAKEN, is_taken};
use crate::rules::append::{Looked, Original, Sender};
use crate::{Append, RaisedMark, Refusal};
use protocol::{ClientId, Mark, Message, Role, RoomId, Seq, UnixMillis, UserId};
use sqlx::Row;
use uuid::Uuid;

pub(super) use super::plain::store_plain;

/// Of each entry, what matters to it: its sender's name where they are a member, the message that bears its id already, and
/// whether it was refused.
pub(super) async fn look(tx: &mut Tx, entries: &[Append]) -> Result<Looked> {
    let rows = sqlx::query(concat!(
        "select wanted.room_id as wanted_room, wanted.sender_id as wanted_sender, wanted.client_id as wanted_id,
           mem.role as sender_role, refused.reason as refused_reason, ",
        is_blocked!("wanted.room_id", "wanted.sender_id"),
        " as is_blocked, ",
        message_columns!("m", "u"),
        ", m.first_digest from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as wanted (room_id, sender_id, client_id)
          cross join lateral (select display_name, shown_name from users where id = wanted.sender_id limit 1) as u
          left join lateral (select role from members
            where room_id = wanted.room_id and user_id = wanted.sender_id limit 1) as mem on true
          left join lateral (select * from messages
            where client_id = wanted.client_id and sender_id = wanted.sender_id limit 1) as m on true
          left join lateral (select reason from refusals
            where client_id = wanted.client_id and sender_id = wanted.sender_id limit 1) as refused on true"
    ))
    .bind(entries.iter().map(|entry| entry.room_id.0).collect::<Vec<_>>())
    .bind(entries.iter().map(|entry| entry.sender_id.0).collect::<Vec<_>>())
    .bind(entries.iter().map(|entry| entry.client_id.0).collect::<Vec<_>>())
    .fetch_all(&mut **tx)
    .await?;
    let mut looked = Looked::default();
    for row in &rows {
        let sender = UserId(row.try_get("wanted_sender")?);
        if let Some(role) = row.try_get::<Option<i16>, _>("sender_role")? {
            let (name, is_blocked) = (row.try_get("sender_name")?, row.try_get("is_blocked")?);
            let member = Sender { name, role: Role::from_code(role), is_blocked };
            looked.members.push((RoomId(row.try_get("wanted_room")?), sender, member));
        }
        if row.try_get::<Option<Uuid>, _>("room_id")?.is_some() {
            looked.originals.push(Original { message: message(row)?, first_digest: row.try_get("first_digest")? });
        }
        if let Some(reason) = row.try_get::<Option<i16>, _>("refused_reason")? {
            looked.refused.push(((sender, ClientId(row.try_get("wanted_id")?)), Refusal::from_code(reason)));
        }
    }
    Ok(looked)
}

/// Stores text messages as they are, and moves their rooms to these heads. `Conflict` where an id is taken.
pub(super) async fn insert(tx: &mut Tx, messages: &[&Message], heads: &[(RoomId, Seq)]) -> Result<()> {
    let (rooms, heads): (Vec<Uuid>, Vec<i64>) = heads.iter().map(|(room, seq)| (room.0, seq.0)).unzip();
    sqlx::query(
        "with stored as (
           insert into messages (room_id, seq, sender_id, client_id, kind, body, reply_to, created_at)
           select room_id, seq, sender_id, client_id, 0, body, reply_to, created_at
           from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[])
             as new (room_id, seq, sender_id, client_id, body, reply_to, created_at))
         update rooms set last_seq = head.seq from unnest($8::uuid[], $9::bigint[]) as head (id, seq)
         where rooms.id = head.id",
    )
    .bind(messages.iter().map(|m| m.room_id.0).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.seq.0).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.sender_id.0).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.client_id.0).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.body.as_str()).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.reply_to.map(|seq| seq.0)).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.created_at.0).collect::<Vec<_>>())
    .bind(rooms)
    .bind(heads)
    .execute(&mut **tx)
    .await
    .map_err(|error| if is_taken(&error) { TAKEN } else { error.into() })?;
    Ok(())
}

/// Keeps that these messages were refused.
pub(super) async fn refuse(tx: &mut Tx, refused: &[((UserId, ClientId), Refusal)], now: UnixMillis) -> Result<()> {
    let (senders, ids): (Vec<Uuid>, Vec<Uuid>) = refused.iter().map(|((sender, id), _)| (sender.0, id.0)).unzip();
    sqlx::query(
        "insert into refusals (sender_id, client_id, reason, refused_at)
         select sender_id, client_id, reason, $4
         from unnest($1::uuid[], $2::uuid[], $3::smallint[]) as new (sender_id, client_id, reason)
         on conflict do nothing",
    )
    .bind(senders)
    .bind(ids)
    .bind(refused.iter().map(|(_, refusal)| refusal.code()).collect::<Vec<_>>())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Raises marks; the members whose marks moved.
pub(super) async fn raise_marks(tx: &mut Tx, marks: &[(RoomId, Mark)]) -> Result<Vec<(RoomId, UserId)>> {
    let rows = sqlx::query(
        "update members m set delivered_seq = greatest(m.delivered_seq, least(new.delivered, r.last_seq)),
           read_seq = greatest(m.read_seq, least(new.read, r.last_seq))
         from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) as new (room_id, user_id, delivered, read), rooms r
         where r.id = new.room_id and m.room_id = new.room_id and m.user_id = new.user_id
           and (m.delivered_seq < least(new.delivered, r.last_seq) or m.read_seq < least(new.read, r.last_seq))
         returning m.room_id, m.user_id",
    )
    .bind(marks.iter().map(|(room, _)| room.0).collect::<Vec<_>>())
    .bind(marks.iter().map(|(_, mark)| mark.0.0).collect::<Vec<_>>())
    // What is read has arrived.
    .bind(marks.iter().map(|(_, mark)| mark.1.max(mark.2).0).collect::<Vec<_>>())
    .bind(marks.iter().map(|(_, mark)| mark.2.0).collect::<Vec<_>>())
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(|row| Ok((RoomId(row.try_get("room_id")?), UserId(row.try_get("user_id")?)))).collect()
}

/// These members' marks, and how far they may be told.
pub(super) async fn raised_marks(tx: &mut Tx, wanted: &[(RoomId, UserId)]) -> Result<Vec<RaisedMark>> {
    let (rooms, users): (Vec<Uuid>, Vec<Uuid>) = wanted.iter().map(|(room, user)| (room.0, user.0)).unzip();
    let rows = sqlx::query(concat!(
        "select ",
        raised_mark_columns!(),
        " from unnest($1::uuid[], $2::uuid[]) as wanted (room_id, user_id) join members m using (room_id, user_id)
          join rooms r on r.id = m.room_id join users u on u.id = m.user_id"
    ))
    .bind(rooms)
    .bind(users)
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(raised_mark).collect()
}
