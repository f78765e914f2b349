//! Migrations, the state of the connections, and the removal of rows that are not needed any more.
//!
//! Rows of deleted rooms are removed afterwards, a few thousand in each transaction: one statement over millions of rows
//! would take longer than a statement may, and on SQLite everybody who writes would wait for it. Any node may remove the next
//! rows, so that none is missed when one dies; a moment in `meta`, under its row's lock, says when. A room's rows go from its
//! head down, and `last_seq` of a deleted room says how many are left.

use super::{Database, MIGRATIONS, Pool, Result, Tx, pool, within};
use crate::bounds::{PING_TIMEOUT, WRITE_TIMEOUT};
use crate::{Maintenance, Purged};
use protocol::{RoomId, Seq, UnixMillis};
use sqlx::Row;
use std::time::Instant;

/// All nodes together pause so many times as long as a step of the removal took.
pub(super) const PAUSES: u32 = 4;

#[async_trait::async_trait]
impl Maintenance for Database {
    async fn migrate(&self) -> Result<()> {
        self.ping().await?;
        // Takes as long as it takes, on a connection of its own.
        let one = pool::alone(&self.migrations);
        MIGRATIONS.run(&one).await?;
        one.close().await;
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        within(PING_TIMEOUT, async { Ok(sqlx::query("select 1").execute(&self.read).await.map(drop)?) }).await
    }

    fn pool(&self) -> (u32, u32) {
        let append = Some(&self.append).filter(|append| !append.is(&self.write));
        let sizes = [&self.read, &self.write].into_iter().chain(append).map(Pool::size);
        sizes.fold((0, 0), |(open, busy), (more_open, more_busy)| (open + more_open, busy + more_busy))
    }

    fn readers(&self) -> u32 {
        self.read.most()
    }

    async fn purge(&self, most: i64) -> Result<Purged> {
        within(WRITE_TIMEOUT, async {
            let any = sqlx::query("select 1 from rooms where deleted_at is not null limit 1");
            if any.fetch_optional(&self.read).await?.is_none() {
                return Ok(Purged::Nothing);
            }
            let began = Instant::now();
            let mut tx = self.begin().await?;
            let due = concat!("select 1 from meta where purge_after <= ", now_ms!(), for_update_if_free!());
            if sqlx::query(due).fetch_optional(&mut *tx).await?.is_none() {
                return Ok(Purged::NotYet);
            }
            let oldest = concat!(
                "select id, last_seq from rooms where deleted_at is not null order by deleted_at limit 1",
                for_update_if_free!()
            );
            let Some(row) = sqlx::query(oldest).fetch_optional(&mut *tx).await? else { return Ok(Purged::NotYet) };
            let count = remove_rows(&mut tx, RoomId(row.try_get("id")?), Seq(row.try_get("last_seq")?), most).await?;
            let pause = began.elapsed() * PAUSES;
            let later = concat!("update meta set purge_after = $1 + ", now_ms!());
            sqlx::query(later).bind(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(Purged::Rows { count, pause })
        })
        .await
    }

    async fn delete_refusals(&self, before: UnixMillis, most: i64) -> Result<u64> {
        let deleted = sqlx::query(
            "delete from refusals where (client_id, sender_id) in
               (select client_id, sender_id from refusals where refused_at < $1 limit $2)",
        )
        .bind(before.0)
        .bind(most)
        .execute(&self.write)
        .await?;
        Ok(deleted.rows_affected())
    }
}

/// Removes revisions first, then messages, and with the last of them the room itself.
async fn remove_rows(tx: &mut Tx, room: RoomId, head: Seq, most: i64) -> Result<u64> {
    let revisions = sqlx::query(
        "delete from revisions where (user_id, client_id) in
           (select user_id, client_id from revisions where room_id = $1 limit $2)",
    )
    .bind(room.0)
    .bind(most)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let rest = most - i64::try_from(revisions).unwrap_or(most);
    if rest <= 0 {
        return Ok(revisions);
    }
    let left = Seq((head.0 - rest).max(0));
    let messages = sqlx::query("delete from messages where room_id = $1 and seq > $2").bind(room.0).bind(left.0);
    let messages = messages.execute(&mut **tx).await?.rows_affected();
    let last = if left == Seq(0) {
        sqlx::query("delete from rooms where id = $1").bind(room.0)
    } else {
        sqlx::query("update rooms set last_seq = $2 where id = $1").bind(room.0).bind(left.0)
    };
    last.execute(&mut **tx).await?;
    Ok(revisions + messages)
}
