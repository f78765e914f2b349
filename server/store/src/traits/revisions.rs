//! Revisions: edits, deletions and reactions; and the catch-up read, which answers with them and with new messages.

use crate::{Limit, Result, Revise, Revised, Rows};
use protocol::{Rev, RoomId, Seq};

/// Revisions of messages, and catch-up.
#[async_trait::async_trait]
pub trait Revisions {
    /// Stores an edit, a deletion or a reaction under the room's next `rev`, in one transaction: rights and repeats are
    /// decided inside.
    async fn revise(&self, revise: &Revise) -> Result<Revised>;
    /// The rows that a device at this cursor misses, as of one snapshot: rows up to its `seq` with a higher `rev`, in the order of
    /// their revisions, then rows after its `seq`. Returns `None` without such a room. One query.
    async fn list_changes(&self, room: RoomId, cursor: (Seq, Rev), limit: Limit) -> Result<Option<Rows>>;
}
