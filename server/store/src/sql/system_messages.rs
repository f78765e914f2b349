//! System messages: facts about a room, stored as messages in the transaction that makes them true.

use super::{Result, Tx};
use crate::codes::Code;
use crate::{Error, Stamp};
use protocol::{Message, MessageKind, RoomId, RoomKind, Seq, SystemEvent, UserId};
use sqlx::Row;

/// Locks the room until the transaction ends, so that what is read of it and its members stays true. Returns its kind.
pub(super) async fn lock_room(tx: &mut Tx, room: RoomId) -> Result<RoomKind> {
    let statement = concat!("select kind from rooms where id = $1 and deleted_at is null", for_update!());
    let found = sqlx::query(statement).bind(room.0).fetch_optional(&mut **tx).await?;
    Ok(RoomKind::from_code(found.ok_or(Error::NotFound("room"))?.try_get("kind")?))
}

/// Inserts what `actor` did as the room's next message, and adds `members_more` to the count of members.
pub(super) async fn insert(
    tx: &mut Tx,
    room: RoomId,
    actor: UserId,
    event: SystemEvent,
    members_more: i64,
    stamp: Stamp,
) -> Result<Message> {
    let head = sqlx::query(
        "update rooms set last_seq = last_seq + 1, members_count = members_count + $2 where id = $1 returning last_seq",
    )
    .bind(room.0)
    .bind(members_more)
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(Error::NotFound("room"))?;
    let seq = Seq(head.try_get("last_seq")?);
    let body = serde_json::to_string(&event).map_err(|error| Error::Internal(error.to_string()))?;
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(room.0)
    .bind(seq.0)
    .bind(actor.0)
    .bind(stamp.client_id.0)
    .bind(MessageKind::System.code())
    .bind(body)
    .bind(stamp.now.0)
    .execute(&mut **tx)
    .await?;
    Ok(stamp.system_message(room, seq, actor, display_name(tx, actor).await?, event))
}

/// The name that others see.
pub(super) async fn display_name(tx: &mut Tx, user: UserId) -> Result<String> {
    let statement = "select coalesce(shown_name, display_name) as name from users where id = $1";
    let found = sqlx::query(statement).bind(user.0).fetch_optional(&mut **tx);
    Ok(found.await?.ok_or(Error::NotFound("user"))?.try_get("name")?)
}
