//! What is left to do for deleted accounts, in small transactions: they leave their rooms, and then their messages
//! are deleted, if that was chosen. A group or a direct room without any other account is deleted: nobody can read it any more. Any
//! node may take the next step, so that none is missed when one dies.
//!
//! There is no index of messages by sender: it would cost more with each message than this costs in all. Every room that the person
//! may have written in is read once, in the order of its numbers.

use super::maintenance::PAUSES;
use super::{Database, Result, Tx, members, revisions, rooms, system_messages, within};
use crate::bounds::{ERASED_MESSAGES, ERASURE_DELAY_MS, WRITE_TIMEOUT};
use crate::codes::Code;
use crate::rules::writing::{Writers, Writing};
use crate::{Error, Purged, Revise, Revised, Revision, Stamp};
use protocol::{Rev, Role, RoomId, RoomKind, Seq, SystemEvent, UserId};
use sqlx::Row;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The right by which messages are deleted: that of their author in an open room, whatever became of the room since.
const WRITING: Writing = Writing { writers: Writers::Everybody, role: Role::Member, is_blocked: false };

/// States of `users.erasure` beside 0 (nothing is left) and 1 (it leaves its rooms).
const LEAVES_THEN_DELETES: i16 = 2;
const DELETES: i16 = 3;

/// Whether a member of the room `$room` beside `$user` has an account that is not deleted: a condition. A disabled one counts, since
/// it may be enabled again.
macro_rules! has_accounts {
    ($room:literal, $user:literal) => {
        concat!(
            "exists (select 1 from members other join users account on account.id = other.user_id
               where other.room_id = ",
            $room,
            " and other.user_id <> ",
            $user,
            " and account.deleted_at is null)"
        )
    };
}

/// A deleted account with work left.
struct Pending {
    user: UserId,
    state: i16,
    /// The last room that was begun, and up to which number it has been read.
    room: Uuid,
    seq: Seq,
}

/// See [`Administration::erase`](crate::Administration::erase).
pub(super) async fn erase(database: &Database, most: i64, stamp: &(dyn Fn() -> Stamp + Sync)) -> Result<Purged> {
    let any = sqlx::query("select 1 from users where erasure > 0 limit 1").fetch_optional(&database.read).await?;
    if any.is_none() {
        return Ok(Purged::Nothing);
    }
    within(WRITE_TIMEOUT, async {
        let began = Instant::now();
        let mut tx = database.begin().await?;
        // Without a lock: rooms are locked before people everywhere.
        let due = sqlx::query(
            "select id, erasure, erasure_room, erasure_seq from users
             where erasure > 0 and (erasure < 3 or deleted_at <= $1) order by erasure, id limit 1",
        );
        let due = due.bind(stamp().now.0 - ERASURE_DELAY_MS).fetch_optional(&mut *tx).await?;
        let Some(row) = due else { return Ok(Purged::NotYet) };
        let pending = Pending {
            user: UserId(row.try_get("id")?),
            state: row.try_get("erasure")?,
            room: row.try_get::<Option<Uuid>, _>("erasure_room")?.unwrap_or_default(),
            seq: Seq(row.try_get("erasure_seq")?),
        };
        let count = if pending.state == DELETES {
            delete_messages(&mut tx, &pending, most, stamp).await?
        } else {
            leave_a_room(&mut tx, &pending, stamp).await?
        };
        let Some(count) = count else { return Ok(Purged::NotYet) };
        tx.commit().await?;
        let pause = (began.elapsed() * PAUSES).min(Duration::from_secs(5));
        Ok(Purged::Rows { count, pause })
    })
    .await
}

/// Locks the person's row, after the room's. False where another node has taken the step meanwhile.
async fn lock_person(tx: &mut Tx, pending: &Pending) -> Result<bool> {
    let statement = concat!(
        "select 1 from users where id = $1 and erasure = $2 and erasure_seq = $3 and coalesce(erasure_room, $4) = $4",
        for_no_key_update!()
    );
    let found = sqlx::query(statement)
        .bind(pending.user.0)
        .bind(pending.state)
        .bind(pending.seq.0)
        .bind(pending.room)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}

/// Reads the next `most` numbers of the room that was begun, or begins the next one.
async fn delete_messages(
    tx: &mut Tx,
    pending: &Pending,
    most: i64,
    stamp: &(dyn Fn() -> Stamp + Sync),
) -> Result<Option<u64>> {
    let room = RoomId(pending.room);
    let head = sqlx::query(concat!(
        "select last_seq, last_rev from rooms where id = $1 and deleted_at is null",
        for_update!()
    ))
    .bind(room.0)
    .fetch_optional(&mut **tx)
    .await?;
    let (last_seq, mut rev) = match head {
        Some(row) => (row.try_get("last_seq")?, Rev(row.try_get("last_rev")?)),
        None => (0, Rev(0)),
    };
    if !lock_person(tx, pending).await? {
        return Ok(None);
    }
    if pending.seq.0 >= last_seq {
        return begin_next_room(tx, pending).await.map(Some);
    }
    let last = pending.seq.0.saturating_add(most);
    let rows = sqlx::query(
        "select seq from messages where room_id = $1 and seq > $2 and seq <= $3 and sender_id = $4
           and kind = 0 and deleted_at is null order by seq limit $5",
    )
    .bind(room.0)
    .bind(pending.seq.0)
    .bind(last)
    .bind(pending.user.0)
    .bind(ERASED_MESSAGES)
    .fetch_all(&mut **tx)
    .await?;
    let (mut seqs, mut done) = (Vec::new(), last);
    for row in &rows {
        seqs.push(Seq(row.try_get("seq")?));
    }
    if let Some(seq) = seqs.last().filter(|_| seqs.len() as i64 == ERASED_MESSAGES) {
        done = seq.0;
    }
    let count = seqs.len() as u64;
    for seq in seqs {
        let Stamp { client_id, now } = stamp();
        let revise = Revise { room_id: room, seq, user_id: pending.user, client_id, revision: Revision::Delete, now };
        // Own messages that are not deleted can be deleted; whatever else it says, the next step is after this message.
        if let Revised::Stored(row) = revisions::revise_as(tx, WRITING, &revise, rev.next()).await? {
            rev = row.rev;
        }
    }
    sqlx::query("update users set erasure_seq = $2 where id = $1")
        .bind(pending.user.0)
        .bind(done)
        .execute(&mut **tx)
        .await?;
    Ok(Some(count))
}

/// Rooms by id; direct rooms of others cannot have messages of this person. Without another room it is done.
async fn begin_next_room(tx: &mut Tx, pending: &Pending) -> Result<u64> {
    let next = sqlx::query(
        "select r.id from rooms r where r.id > $1 and r.deleted_at is null and (r.kind <> 0
           or exists (select 1 from members m where m.room_id = r.id and m.user_id = $2)) order by r.id limit 1",
    )
    .bind(pending.room)
    .bind(pending.user.0)
    .fetch_optional(&mut **tx)
    .await?;
    let statement = match next {
        Some(row) => sqlx::query("update users set erasure_room = $2, erasure_seq = 0 where id = $1")
            .bind(pending.user.0)
            .bind(row.try_get::<Uuid, _>("id")?),
        None => sqlx::query("update users set erasure = 0, erasure_room = null, erasure_seq = 0 where id = $1")
            .bind(pending.user.0),
    };
    statement.execute(&mut **tx).await?;
    Ok(0)
}

/// Takes the person out of one room, or deletes it where nobody is left who could read it; a direct room always has its two people,
/// and is deleted when the second of them is. Before messages are deleted, so that no more are stored behind the ones that were.
async fn leave_a_room(tx: &mut Tx, pending: &Pending, stamp: &(dyn Fn() -> Stamp + Sync)) -> Result<Option<u64>> {
    let user = pending.user;
    let room = sqlx::query(concat!(
        "select m.room_id from members m join rooms r on r.id = m.room_id
         where m.user_id = $1 and r.deleted_at is null and (r.kind <> 0 or not ",
        has_accounts!("r.id", "$1"),
        ") order by m.room_id limit 1"
    ))
    .bind(user.0)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = room else {
        let next = if pending.state == LEAVES_THEN_DELETES { DELETES } else { 0 };
        sqlx::query("update users set erasure = $2 where id = $1 and erasure = $3")
            .bind(user.0)
            .bind(next)
            .bind(pending.state)
            .execute(&mut **tx)
            .await?;
        return Ok(Some(0));
    };
    let room = RoomId(row.try_get("room_id")?);
    // Another node may have deleted the room or taken them out meanwhile.
    let kind = match system_messages::lock_room(tx, room).await {
        Err(Error::NotFound(_)) => return Ok(None),
        kind => kind?,
    };
    let Some(role) = members::role_of(tx, room, user).await? else { return Ok(None) };
    let others = concat!("select ", has_accounts!("$1", "$2"), " as found");
    let others = sqlx::query(others).bind(room.0).bind(user.0).fetch_one(&mut **tx).await?;
    if kind != RoomKind::Public && !others.try_get::<bool, _>("found")? {
        rooms::remove(tx, room, stamp().now).await?;
        return Ok(Some(1));
    }
    if role == Role::Owner && !members::has_others(tx, room, user, Role::Owner).await? {
        make_owner(tx, room, user, stamp).await?;
    }
    members::leave(tx, room, user, user, SystemEvent::Left, stamp()).await?;
    Ok(Some(1))
}

/// Makes another member the owner of a room that its only owner leaves.
async fn make_owner(tx: &mut Tx, room: RoomId, user: UserId, stamp: &(dyn Fn() -> Stamp + Sync)) -> Result<()> {
    let heir = sqlx::query(
        "select m.user_id from members m join users u on u.id = m.user_id where m.room_id = $1 and m.user_id <> $2
         order by u.deleted_at is not null, u.disabled_at is not null, m.role desc, m.joined_seq, m.user_id limit 1",
    )
    .bind(room.0)
    .bind(user.0)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(heir) = heir else { return Ok(()) };
    let heir = UserId(heir.try_get("user_id")?);
    sqlx::query("update members set role = $3 where room_id = $1 and user_id = $2")
        .bind(room.0)
        .bind(heir.0)
        .bind(Role::Owner.code())
        .execute(&mut **tx)
        .await?;
    let display_name = system_messages::display_name(tx, heir).await?;
    let event = SystemEvent::RoleChanged { user_id: heir, display_name, role: Role::Owner };
    system_messages::insert(tx, room, user, event, 0, stamp()).await?;
    Ok(())
}
