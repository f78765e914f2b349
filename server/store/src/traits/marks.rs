//! Marks: how far members have received and read their rooms. Marks only grow.

use crate::{RaisedMark, Result};
use protocol::{Mark, RoomId};

/// Marks of members.
#[async_trait::async_trait]
pub trait Marks {
    /// Raises members' marks, never above a room's head and never down, in one transaction. Returns the raised ones. Each member of a
    /// room is in `marks` once.
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>>;
    /// The marks of the members of these direct rooms, of those people who let others see them. One query.
    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>>;
}
