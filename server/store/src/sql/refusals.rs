//! Refusals of messages, remembered so that the same message gets the same answer. `append` creates them; `maintenance.rs`
//! deletes those that are old.

use super::super::batch;
use super::{Result, Tx};
use crate::Refusal;
use crate::bounds::REFUSALS;
use protocol::{ClientId, UnixMillis, UserId};
use std::collections::BTreeSet;

/// Stores these refusals, and keeps only the latest per person.
pub(super) async fn create(tx: &mut Tx, refused: &[((UserId, ClientId), Refusal)], now: UnixMillis) -> Result<()> {
    batch::refuse(tx, refused, now).await?;
    for sender in refused.iter().map(|((sender, _), _)| sender).collect::<BTreeSet<_>>() {
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
