//! Messages: batches are appended, pages of history are read. Changes of a stored message are in
//! [`Revisions`](crate::Revisions).

use crate::{Append, Appended, HistoryRange, Limit, Result, Rows};
use protocol::{RoomId, UserId};

/// Messages of rooms.
#[async_trait::async_trait]
pub trait Messages {
    /// Stores a batch in one transaction: the right to post and repeats are decided inside, rooms are locked in id
    /// order, and each stored message takes its room's next `seq` in the order of the batch. One answer per entry, in order.
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>>;
    /// A page of a room that `viewer` may see, oldest first; empty if they may not. Above the limit, the rows nearest to the start of
    /// the range. One query.
    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows>;
}
