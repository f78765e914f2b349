//! Messages: appends batches, reads pages.

use super::super::{batch, id_list};
use super::rows::{Row as DbRow, message, message_columns, stored_bytes};
use super::{BEGIN, Database, Result, Tx, refusals, within};
use crate::bounds::APPEND_TIMEOUT;
use crate::codes::Code;
use crate::driver::is_locked;
use crate::rules::append::{Known, Looked, Plain, decide};
use crate::rules::writing::Writers;
use crate::{Append, Appended, Error, HistoryRange, Limit, Messages, Rows, cut};
use protocol::limits::PAGE_DEFAULT;
use protocol::{ClientId, Message, Posting, Rev, RoomId, Seq, UserId};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// A message's id may be taken by another node between a look and a write, in another room. The next look sees it.
const ATTEMPTS: usize = 3;

/// What becomes of rooms whose locks others hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Locked {
    /// They are waited for, as long as this connection does.
    Wait,
    /// Their entries are left for later.
    Skip,
}

/// Why a transaction that would have stored a batch is to be begun again. Nothing is stored.
enum Again {
    /// An id was taken meanwhile.
    Taken,
    /// Others hold a lock for too long.
    Locked,
}

// What the statements of a usual page say.
const _: () = assert!(PAGE_DEFAULT == 50);

/// A page in one direction from a number, and one row more to see whether there is more: those nearest to its centre that
/// are within the bytes. Who may not see the room gets nothing.
macro_rules! page_query {
    ($direction:literal, $limit:literal) => {
        concat!(
            "select ",
            message_columns!("m", "u"),
            ", r.last_seq, r.last_rev, m.total from rooms r join (
                select page.*, count(*) over () as total,
                  sum(size) over (order by abs(seq - $4), seq rows unbounded preceding) - size as before
                from (select m.*, ",
            stored_bytes!("m"),
            " as size from messages m where m.room_id = $2 and m.seq ",
            $direction,
            " limit ",
            $limit,
            ") as page) as m on m.before < $5 join users u on u.id = m.sender_id
              where r.id = $2 and (exists (select 1 from members where room_id = $2 and user_id = $1)
                or r.kind = 2 and not exists (select 1 from bans where room_id = $2 and user_id = $1))
              order by m.seq"
        )
    };
}

#[async_trait::async_trait]
impl Messages for Database {
    async fn append(&self, entries: &[Append]) -> Result<Vec<Appended>> {
        within(APPEND_TIMEOUT, async {
            // Most are nothing but new messages of members, to be stored as they are.
            let mut locked = match batch::store_plain(&self.append, entries).await? {
                Plain::Stored(answers) => return Ok(answers),
                Plain::Undecided => Locked::Wait,
                Plain::Locked => Locked::Skip,
            };
            for _ in 0..ATTEMPTS {
                match append_once(self.append.begin_with(BEGIN).await?, entries, locked).await? {
                    Ok(answers) => return Ok(answers),
                    Err(Again::Taken) => {}
                    Err(Again::Locked) => locked = Locked::Skip,
                }
            }
            Err(Error::Unavailable("other nodes take the same locks or message ids again and again".into()))
        })
        .await
    }

    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows> {
        let centre = range.centre();
        let (is_forward, from) = match range {
            HistoryRange::Newest => (false, Seq(i64::MAX)),
            HistoryRange::Before(_) => (false, centre),
            HistoryRange::After(_) => (true, centre),
            // Numbers have no gaps, so half a page before a message starts half a page of numbers before it.
            HistoryRange::Around(_) => (true, Seq((centre.0 - limit.rows / 2 - 1).max(0))),
        };
        // The usual page says its size in the statement: with that PostgreSQL sees that one plan is as good for all, and keeps
        // it. Making one takes as long as the page.
        let statement = match (is_forward, limit.rows == PAGE_DEFAULT) {
            (false, true) => page_query!("< $3 order by m.seq desc", "51"),
            (false, false) => page_query!("< $3 order by m.seq desc", "$6 + 1"),
            (true, true) => page_query!("> $3 order by m.seq", "51"),
            (true, false) => page_query!("> $3 order by m.seq", "$6 + 1"),
        };
        let query = sqlx::query(statement).bind(viewer.0).bind(room.0).bind(from.0).bind(centre.0);
        let query = query.bind(limit.stored_bytes());
        let query = if limit.rows == PAGE_DEFAULT { query } else { query.bind(limit.rows) };
        let rows = query.fetch_all(&self.read).await?;
        let Some(first) = rows.first() else { return Ok(Rows::default()) };
        let (last_seq, last_rev) = (Seq(first.try_get("last_seq")?), Rev(first.try_get("last_rev")?));
        let total: i64 = first.try_get("total")?;
        let mut messages = rows.iter().map(message).collect::<Result<Vec<_>>>()?;
        cut::nearest(&mut messages, centre, limit);
        let more = i64::try_from(messages.len()).is_ok_and(|answered| answered < total);
        Ok(Rows { messages, last_seq, last_rev, more })
    }
}

async fn append_once(
    mut tx: Tx,
    entries: &[Append],
    locked: Locked,
) -> Result<std::result::Result<Vec<Appended>, Again>> {
    let rooms = match lock_rooms(&mut tx, entries, locked).await {
        Ok(rooms) => rooms,
        Err(error) if is_locked(&error) => return Ok(Err(Again::Locked)),
        Err(error) => return Err(error.into()),
    };
    let mut known = look(&mut tx, entries, rooms, locked).await?;
    let (before, refused) = (known.heads.clone(), known.refused.clone());
    let answers = decide(entries, &mut known);
    let is_new = |id: &(UserId, ClientId)| !refused.contains_key(id);
    let news: Vec<_> = known.refused.iter().filter(|(id, _)| is_new(id)).map(|(id, why)| (*id, *why)).collect();
    if !news.is_empty() {
        refusals::create(&mut tx, &news, entries[0].created_at).await?;
    }
    let stored: Vec<&Message> = answers.iter().filter_map(Appended::stored).collect();
    if stored.is_empty() && !news.is_empty() {
        tx.commit().await?;
    } else if !stored.is_empty() {
        let moved: Vec<(RoomId, Seq)> =
            known.heads.into_iter().filter(|(room, head)| before.get(room) != Some(head)).collect();
        match batch::insert(&mut tx, &stored, &moved).await {
            Ok(()) => tx.commit().await?,
            Err(Error::Conflict(_)) => return Ok(Err(Again::Taken)),
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(answers))
}

fn rooms_of(entries: &[Append]) -> BTreeSet<RoomId> {
    entries.iter().map(|entry| entry.room_id).collect()
}

/// Locks the rooms of a batch in the order of their ids, so that no two nodes wait for each other; those that are there,
/// or as many of them as are free.
async fn lock_rooms(tx: &mut Tx, entries: &[Append], locked: Locked) -> std::result::Result<Vec<DbRow>, sqlx::Error> {
    let statement = match locked {
        Locked::Wait => {
            concat!(
                "select id, last_seq, archived_at is not null as is_archived, posting from rooms where id in ",
                ids!("$1"),
                " order by id",
                for_update!()
            )
        }
        Locked::Skip => {
            concat!(
                "select id, last_seq, archived_at is not null as is_archived, posting from rooms where id in ",
                ids!("$1"),
                " order by id",
                for_update_if_free!()
            )
        }
    };
    sqlx::query(statement).bind(id_list(rooms_of(entries).iter().map(|room| room.0))).fetch_all(&mut **tx).await
}

/// Reads what matters to a batch, whose rooms are locked.
async fn look(tx: &mut Tx, entries: &[Append], rooms: Vec<DbRow>, locked: Locked) -> Result<Known> {
    let head = |row: &DbRow| Ok((RoomId(row.try_get("id")?), Seq(row.try_get("last_seq")?)));
    let heads = rooms.iter().map(head).collect::<Result<BTreeMap<_, _>>>()?;
    let writers = |row: &DbRow| {
        let posting = Posting::from_code(row.try_get("posting")?);
        Ok((RoomId(row.try_get("id")?), Writers::of(posting, row.try_get("is_archived")?)))
    };
    let writers = rooms.iter().map(writers).collect::<Result<BTreeMap<_, _>>>()?;
    let mut missing = rooms_of(entries);
    missing.retain(|room| !heads.contains_key(room));
    let locked = if locked == Locked::Skip && !missing.is_empty() {
        let there = sqlx::query(concat!("select id from rooms where id in ", ids!("$1")))
            .bind(id_list(missing.iter().map(|room| room.0)))
            .fetch_all(&mut **tx)
            .await?;
        there.iter().map(|row| Ok(RoomId(row.try_get("id")?))).collect::<Result<_>>()?
    } else {
        BTreeSet::new()
    };
    let Looked { members, originals, refused } = batch::look(tx, entries).await?;
    Ok(Known {
        heads,
        writers,
        locked,
        refused: refused.into_iter().collect(),
        members: members.into_iter().map(|(room, user, sender)| ((room, user), sender)).collect(),
        originals: originals.into_iter().map(|o| ((o.message.sender_id, o.message.client_id), o)).collect(),
    })
}
