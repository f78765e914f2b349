//! Revisions; and catch-up reads: rows that were revised or added after a cursor.

use super::blocks::is_blocked;
use super::rows::{Row as DbRow, message, message_columns, stored_bytes};
use super::{Database, Result, Tx, members};
use crate::codes::Code;
use crate::digest::first_digest;
use crate::driver::{TAKEN, is_taken};
use crate::rules::revision::revise as decide;
use crate::rules::writing::{Writers, Writing};
use crate::{Error, Limit, Revise, Revised, Revisions, Rows, cut};
use protocol::{Message, Posting, Rev, RoomId, Seq};
use sqlx::Row;

#[async_trait::async_trait]
impl Revisions for Database {
    async fn revise(&self, asked: &Revise) -> Result<Revised> {
        self.transaction(async |mut tx| {
            let Some(room) = lock_revisions(&mut tx, asked).await? else { return Ok(Revised::NotMember) };
            let Some(role) = members::role_of(&mut tx, asked.room_id, asked.user_id).await? else {
                return Ok(Revised::NotMember);
            };
            if let Some((room, seq, rev)) = find_earlier(&mut tx, asked).await? {
                let same = room == asked.room_id && seq == asked.seq;
                return Ok(if same { Revised::Repeated(rev) } else { Revised::Conflict });
            }
            let writing = Writing { writers: room.writers, role, is_blocked: room.is_blocked };
            let revised = revise_as(&mut tx, writing, asked, room.head.next()).await?;
            if matches!(revised, Revised::Stored(_)) {
                tx.commit().await?;
            }
            Ok(revised)
        })
        .await
    }

    async fn list_changes(&self, room: RoomId, (seq, rev): (Seq, Rev), limit: Limit) -> Result<Option<Rows>> {
        // One more of each part than is answered with, to see whether there is more.
        let rows = sqlx::query(concat!(
            "with revised as (select m.*, 0 as part, rev as place, ",
            stored_bytes!("m"),
            " as size from messages m where room_id = $1 and rev > $3 and seq <= $2 order by rev limit $4 + 1),
               fresh as (select m.*, 1 as part, seq as place, ",
            stored_bytes!("m"),
            " as size from messages m where room_id = $1 and seq > $2 order by seq limit $4 + 1),
               few as (select found.*, count(*) over () as total, row_number() over (order by part, place) as number,
                 sum(size) over (order by part, place rows unbounded preceding) - size as before
                 from (select * from revised union all select * from fresh) as found)
             select r.last_seq, r.last_rev, coalesce(m.total, 0) as total, ",
            message_columns!("m", "u"),
            " from rooms r left join few m on m.number <= $4 and m.before < $5 left join users u on u.id = m.sender_id
             where r.id = $1 and r.deleted_at is null order by m.part, m.place"
        ))
        .bind(room.0)
        .bind(seq.0)
        .bind(rev.0)
        .bind(limit.rows)
        .bind(limit.stored_bytes())
        .fetch_all(&self.read)
        .await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let (last_seq, last_rev) = (Seq(first.try_get("last_seq")?), Rev(first.try_get("last_rev")?));
        let total: i64 = first.try_get("total")?;
        // A room with nothing to tell has one row without a message.
        let has_message = |row: &&DbRow| row.try_get::<Option<i64>, _>("seq").is_ok_and(|seq| seq.is_some());
        let mut messages = rows.iter().filter(has_message).map(message).collect::<Result<Vec<_>>>()?;
        cut::first(&mut messages, limit);
        let more = i64::try_from(messages.len()).is_ok_and(|answered| answered < total);
        Ok(Some(Rows { messages, last_seq, last_rev, more }))
    }
}

/// Revises a message with these rights, as the revision `rev`, in a transaction that holds the room's lock.
pub(super) async fn revise_as(tx: &mut Tx, writing: Writing, asked: &Revise, rev: Rev) -> Result<Revised> {
    let Some(before) = find_message(tx, asked).await? else { return Ok(Revised::NotFound) };
    let revised = decide(before.clone(), writing, asked, rev);
    if let Revised::Stored(row) = &revised {
        store(tx, asked, row, first_digest(&before, row)).await?;
    }
    Ok(revised)
}

/// A room whose lock is held, as a revision needs it.
struct Room {
    /// The newest revision.
    head: Rev,
    writers: Writers,
    /// Whether the other person of the direct room blocks the one who revises.
    is_blocked: bool,
}

/// Locks a room and reads what a revision needs of it.
async fn lock_revisions(tx: &mut Tx, asked: &Revise) -> Result<Option<Room>> {
    let statement = concat!(
        "select last_rev, archived_at is not null as is_archived, posting, ",
        is_blocked!("$1", "$2"),
        " as is_blocked from rooms where id = $1",
        for_update!()
    );
    let found = sqlx::query(statement).bind(asked.room_id.0).bind(asked.user_id.0).fetch_optional(&mut **tx).await?;
    let read = |row: DbRow| {
        let (posting, is_archived) = (Posting::from_code(row.try_get("posting")?), row.try_get("is_archived")?);
        let (writers, is_blocked) = (Writers::of(posting, is_archived), row.try_get("is_blocked")?);
        Ok(Room { head: Rev(row.try_get("last_rev")?), writers, is_blocked })
    };
    found.map(read).transpose()
}

async fn find_earlier(tx: &mut Tx, asked: &Revise) -> Result<Option<(RoomId, Seq, Rev)>> {
    let found = sqlx::query("select room_id, seq, rev from revisions where user_id = $1 and client_id = $2")
        .bind(asked.user_id.0)
        .bind(asked.client_id.0)
        .fetch_optional(&mut **tx)
        .await?;
    let read = |row: DbRow| Ok((RoomId(row.try_get("room_id")?), Seq(row.try_get("seq")?), Rev(row.try_get("rev")?)));
    found.map(read).transpose()
}

async fn find_message(tx: &mut Tx, asked: &Revise) -> Result<Option<Message>> {
    let found = sqlx::query(concat!(
        "select ",
        message_columns!("m", "u"),
        " from messages m join users u on u.id = m.sender_id where m.room_id = $1 and m.seq = $2"
    ))
    .bind(asked.room_id.0)
    .bind(asked.seq.0)
    .fetch_optional(&mut **tx)
    .await?;
    found.as_ref().map(message).transpose()
}

/// Writes the row as it is from now on, the room's counter, and that this was asked for.
async fn store(tx: &mut Tx, asked: &Revise, row: &Message, first_digest: Option<Vec<u8>>) -> Result<()> {
    let reactions = match row.reactions.as_slice() {
        [] => None,
        some => Some(serde_json::to_string(some).map_err(|error| Error::Internal(error.to_string()))?),
    };
    sqlx::query(
        "update messages set rev = $3, body = $4, edited_at = $5, deleted_at = $6, reactions = $7,
           first_digest = coalesce(first_digest, $8)
         where room_id = $1 and seq = $2",
    )
    .bind(row.room_id.0)
    .bind(row.seq.0)
    .bind(row.rev.0)
    .bind(&row.body)
    .bind(row.edited_at.map(|at| at.0))
    .bind(row.deleted_at.map(|at| at.0))
    .bind(reactions)
    .bind(first_digest)
    .execute(&mut **tx)
    .await?;
    let counted = sqlx::query("update rooms set last_rev = $2 where id = $1").bind(row.room_id.0).bind(row.rev.0);
    counted.execute(&mut **tx).await?;
    sqlx::query("insert into revisions (user_id, client_id, room_id, seq, rev) values ($1, $2, $3, $4, $5)")
        .bind(asked.user_id.0)
        .bind(asked.client_id.0)
        .bind(row.room_id.0)
        .bind(row.seq.0)
        .bind(row.rev.0)
        .execute(&mut **tx)
        .await
        // Another node has just used the id for another room.
        .map_err(|error| if is_taken(&error) { TAKEN } else { error.into() })?;
    Ok(())
}
