//! A batch of nothing but new messages of members in one statement, which is a transaction of its own: one round trip, where
//! looking, deciding and writing take five.
//!
//! The rooms are locked first, in the order of their ids. Only then are members looked at, with a lock that a removal waits
//! for and a mark does not: a row that went away while the statement waited for its room is seen to have gone. Where
//! one entry is anything else, or its id was taken meanwhile, nothing is stored.

use super::Result;
use super::sql::{Pool, is_blocked};
use crate::driver::{is_locked, is_taken};
use crate::rules::append::{Plain, stored};
use crate::{Append, Appended};
use protocol::Seq;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// Entries in a batch for which one statement is worth it. Its plan is made once and loops over entries for each entry; in a
/// large batch five round trips weigh little.
const MOST: usize = 16;

/// Blocks are looked for in direct rooms only, and behind an `or`: as a condition of its own the planner would join them first.
/// Rooms are looked up by arrays: joined with the entries, a plan may read the index of all rooms for each batch.
const STATEMENT: &str = concat!(
    "
with entry as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[]) with ordinality
    as entry (room_id, sender_id, client_id, body, reply_to, created_at, place)),
room as (
  select id, kind, last_seq, archived_at, posting from rooms where id = any (array(select distinct room_id from entry)) order by id for update),
member as (
  select m.room_id, m.user_id, m.role from (select distinct room_id, sender_id from entry) as wanted
    join room on room.id = wanted.room_id
    join members m on m.room_id = wanted.room_id and m.user_id = wanted.sender_id
  order by m.room_id, m.user_id for key share of m),
plain as (
  select entry.*, room.last_seq + row_number() over (partition by entry.room_id order by entry.place) as seq
  from entry join room on room.id = entry.room_id
    join member on member.room_id = entry.room_id and member.user_id = entry.sender_id
  where room.archived_at is null and (room.posting = 0 or member.role in (1, 2))
    and (entry.reply_to is null or entry.reply_to between 1 and room.last_seq)
    and not exists (select 1 from messages where client_id = entry.client_id and sender_id = entry.sender_id)
    and not exists (select 1 from refusals where client_id = entry.client_id and sender_id = entry.sender_id)
    and (room.kind <> 0 or not ",
    is_blocked!("entry.room_id", "entry.sender_id"),
    ")),
fresh as (
  select * from plain where (select count(*) from plain) = (select count(*) from entry)),
stored as (
  insert into messages (room_id, seq, sender_id, client_id, kind, body, reply_to, created_at)
  select room_id, seq, sender_id, client_id, 0, body, reply_to, created_at from fresh),
moved as (
  update rooms set last_seq = (select max(seq) from fresh where fresh.room_id = rooms.id)
  where id = any (array(select distinct room_id from fresh)))
select fresh.seq, u.name from fresh
  cross join lateral (select coalesce(shown_name, display_name) as name from users where id = fresh.sender_id limit 1) as u order by fresh.place"
);

/// Stores a batch that needs no decision; nothing is stored where it does, is a large one, or its rooms are locked.
pub(in crate::postgres) async fn store_plain(pool: &Pool, entries: &[Append]) -> Result<Plain> {
    if entries.len() > MOST {
        return Ok(Plain::Undecided);
    }
    let rows = sqlx::query(STATEMENT)
        .bind(entries.iter().map(|entry| entry.room_id.0).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.sender_id.0).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.client_id.0).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.body.as_str()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.reply_to.map(|seq| seq.0)).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.created_at.0).collect::<Vec<_>>())
        .fetch_all(pool)
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) if is_taken(&error) => return Ok(Plain::Undecided),
        Err(error) if is_locked(&error) => return Ok(Plain::Locked),
        Err(error) => return Err(error.into()),
    };
    if rows.len() != entries.len() {
        return Ok(Plain::Undecided);
    }
    let read = |(entry, row): (&Append, &PgRow)| {
        Ok(Appended::Stored(stored(entry, Seq(row.try_get("seq")?), row.try_get("name")?)))
    };
    entries.iter().zip(&rows).map(read).collect::<Result<_>>().map(Plain::Stored)
}
