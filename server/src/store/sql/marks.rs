//! How far members are. Marks of many at once, since each of them moves with every message that is read.

use super::super::{batch, id_list};
use super::{Pool, Result, Tx};
use crate::store::Moved;
use protocol::{Mark, RoomId, Seq, UserId};
use sqlx::Row;

/// A batch that is written in the order of its keys, so that nodes wait for each other rather than dying of it.
pub(super) async fn update(mut tx: Tx, marks: &[(RoomId, Mark)]) -> Result<Vec<Moved>> {
    let mut sorted = marks.to_vec();
    sorted.sort_unstable_by_key(|(room, mark)| (*room, mark.0));
    let moved = batch::raise_marks(&mut tx, &sorted).await?;
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let moved = batch::moved(&mut tx, &moved).await?;
    tx.commit().await?;
    Ok(moved)
}

pub(super) async fn list_others(pool: &Pool, users: &[UserId]) -> Result<Vec<(UserId, RoomId, Mark)>> {
    let rows = sqlx::query(concat!(
        "select me.user_id, me.room_id, om.user_id, om.delivered_seq, om.read_seq
         from members me join rooms r on r.id = me.room_id and r.kind = 0
           join members om on om.room_id = me.room_id and om.user_id <> me.user_id
           join users u on u.id = me.user_id and u.receipts join users ou on ou.id = om.user_id and ou.receipts
         where me.user_id in ",
        ids!("$1")
    ))
    .bind(id_list(users.iter().map(|user| user.0)))
    .fetch_all(pool)
    .await?;
    let mut others = Vec::with_capacity(rows.len());
    for row in rows {
        let mark = Mark(UserId(row.try_get(2)?), Seq(row.try_get(3)?), Seq(row.try_get(4)?));
        others.push((UserId(row.try_get(0)?), RoomId(row.try_get(1)?), mark));
    }
    Ok(others)
}
