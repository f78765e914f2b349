//! How far members are. Marks of many at once, since each of them moves with every message that is read.

use super::super::batch;
use super::{Result, Tx};
use crate::store::Moved;
use protocol::{Mark, RoomId};

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
