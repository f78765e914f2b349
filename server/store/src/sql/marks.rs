//! Receipts in the database: marks are raised in batches, since they move with every message that is read.

use super::super::{batch, id_list};
use super::rows::mark;
use super::{Database, Result, Tx};
use crate::{Marks, RaisedMark};
use protocol::{Mark, RoomId};
use sqlx::Row;
use std::collections::BTreeSet;

#[async_trait::async_trait]
impl Marks for Database {
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>> {
        // In the order of their keys, so that concurrent nodes wait for each other instead of deadlocking.
        self.transaction(async |mut tx| {
            let mut sorted = marks.to_vec();
            sorted.sort_unstable_by_key(|(room, mark)| (*room, mark.0));
            let raised = batch::raise_marks(&mut tx, &sorted).await?;
            if raised.is_empty() {
                return Ok(Vec::new());
            }
            move_versions(&mut tx, raised.iter().map(|(room, _)| *room).collect()).await?;
            let raised = batch::raised_marks(&mut tx, &raised).await?;
            tx.commit().await?;
            Ok(raised)
        })
        .await
    }

    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>> {
        let rows = sqlx::query(concat!(
            "select m.room_id, m.user_id, m.delivered_seq, m.read_seq
             from members m join users u on u.id = m.user_id and u.receipts where m.room_id in ",
            ids!("$1")
        ))
        .bind(id_list(rooms.iter().map(|room| room.0)))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok((RoomId(row.try_get("room_id")?), mark(row)?))).collect()
    }
}

/// In direct rooms each of the two is shown how far the other one is. People are locked in the order of their ids, and last, so
/// that transactions never deadlock.
async fn move_versions(tx: &mut Tx, rooms: BTreeSet<RoomId>) -> Result<()> {
    let statement = concat!(
        "select u.id from users u where u.id in (
           select m.user_id from members m join rooms r on r.id = m.room_id and r.kind = 0 where m.room_id in ",
        ids!("$1"),
        ") order by u.id",
        for_no_key_update!()
    );
    let rooms = id_list(rooms.iter().map(|room| room.0));
    let people = sqlx::query(statement).bind(rooms).fetch_all(&mut **tx).await?;
    if people.is_empty() {
        return Ok(());
    }
    let people = people.iter().map(|row| row.try_get("id")).collect::<std::result::Result<Vec<_>, _>>()?;
    sqlx::query(concat!("update users set members_version = members_version + 1 where id in ", ids!("$1")))
        .bind(id_list(people.into_iter()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
