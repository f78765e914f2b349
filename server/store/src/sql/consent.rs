//! Queries for [`crate::rules::consent`]: what decides whether a person may be added to a room, read in the transaction that adds them.

use super::super::id_list;
use super::{Result, Tx};
use crate::bounds::CONSENT_MESSAGES;
use protocol::UserId;

/// Whether the user `$user` wrote one of the first or of the last messages of the room `r`: a condition. Ranges of the primary key, so
/// that a long room costs no more than a short one.
macro_rules! wrote {
    ($user:literal) => {
        concat!(
            "(exists (select 1 from messages m where m.room_id = r.id and m.seq <= $3 and m.kind = 0 and m.sender_id = ",
            $user,
            ") or exists (select 1 from messages m where m.room_id = r.id and m.seq > r.last_seq - $3 and m.kind = 0
               and m.sender_id = ",
            $user,
            "))"
        )
    };
}

/// Whether each of `users` agrees to be brought into a room by `actor`: they share a group, or both wrote in their direct room, and
/// the user does not block `actor`. People who do not exist are not looked at. Each room of the actor's is looked up for each user by the
/// primary key of members, as a value: joined, two people in many rooms would be compared room by room.
pub(super) async fn is_given(tx: &mut Tx, actor: UserId, users: &[UserId]) -> Result<bool> {
    let found = sqlx::query(concat!(
        "select 1 from users u where u.id <> $1 and u.id in ",
        ids!("$2"),
        " and (u.deleted_at is not null or exists (select 1 from blocks b where b.user_id = u.id and b.blocked_id = $1)
            or not exists (select 1 from members mine join rooms r on r.id = mine.room_id
              where mine.user_id = $1
                and (select user_id from members where room_id = r.id and user_id = u.id) is not null and (r.kind = 1 or r.kind = 0 and ",
        wrote!("$1"),
        " and ",
        wrote!("u.id"),
        "))) limit 1"
    ))
    .bind(actor.0)
    .bind(id_list(users.iter().map(|user| user.0)))
    .bind(CONSENT_MESSAGES)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_none())
}
