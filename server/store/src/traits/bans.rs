//! Bans: people who may neither see nor enter a room.

use crate::{Result, Stamp};
use protocol::{Ban, Message, RoomId, UserId};

/// Bans of rooms. The right of `actor` to a change is checked in the transaction that makes it: `Forbidden` or `NotFound`
/// without it.
#[async_trait::async_trait]
pub trait Bans {
    /// Bans a person from a room. Returns the system message if that ended a membership. Nothing where they are banned already;
    /// `NotFound` where there is no such person or room; `Conflict` where the room has as many bans as it can have.
    async fn create_ban(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>>;
    /// Lifts a ban. `NotFound` where there is none.
    async fn delete_ban(&self, room: RoomId, actor: UserId, user: UserId) -> Result<()>;
    /// Banned people in the order of their ids, those after `cursor`.
    async fn list_bans(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Ban>>;
}
