//! Refusals of messages, remembered so that the same message gets the same answer.

use super::super::batch;
use super::{Pool, Result, Tx};
use crate::bounds::REFUSALS;
use protocol::{ClientId, UnixMillis, UserId};
use std::collections::BTreeSet;

/// Stores these refusals, and keeps only the latest per person.
pub(super) async fn create(tx: &mut Tx, refused: &[(UserId, ClientId)], now: UnixMillis) -> Result<()> {
    batch::refuse(tx, refused, now).await?;
    for sender in refused.iter().map(|(sender, _)| sender).collect::<BTreeSet<_>>() {
        sqlx::query(
            "delete from refusals where sender_id = $1 and refused_at < (select refused_at from refusals
               where sender_id = $1 order by refused_at desc limit 1 offset $2)",
        )
        .bind(sender.0)
        .bind(REFUSALS - 1)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Forgets at most so many that are older.
pub(super) async fn delete(pool: &Pool, before: UnixMillis, most: i64) -> Result<u64> {
    let deleted = sqlx::query(
        "delete from refusals where (client_id, sender_id) in
           (select client_id, sender_id from refusals where refused_at < $1 limit $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}
