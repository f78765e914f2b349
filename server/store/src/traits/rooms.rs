//! Rooms: the list of one person's rooms, and creating, changing and deleting a room. Memberships are in
//! [`Members`](crate::Members), messages in [`Messages`](crate::Messages).

use crate::{Access, Created, NewRoom, Result, RoomChange, RoomCursor, Stamp};
use protocol::{Message, PublicRooms, RoomHead, RoomId, RoomSummary, UnixMillis, UserId};

/// Rooms. The right of `actor` to a change is checked in the transaction that makes it: `Forbidden` or `NotFound` without it.
#[async_trait::async_trait]
pub trait Rooms {
    /// The user's rooms with heads, marks, unread counts and last messages, the latest active first. One query.
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>>;
    /// One room as this user sees it, member or not (`role` none). Returns `None` if it is neither theirs nor public, or if they
    /// are banned from it.
    async fn find_room(&self, user: UserId, room: RoomId) -> Result<Option<RoomSummary>>;
    /// Public rooms that the user is neither in nor banned from and whose name has a word that starts with `query` (any, if empty), by
    /// name, those after a cursor.
    async fn list_public_rooms(
        &self,
        user: UserId,
        query: &str,
        after: Option<&RoomCursor>,
        limit: i64,
    ) -> Result<PublicRooms>;
    /// The user's access to a room: role, kind and head. Returns `None` if there is no such room, or if they are banned from it.
    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>>;
    /// Stores a room with its creator as owner (in a direct room both as members) and the others as members; answers
    /// `Existing` where the two people have their direct room already. `NotFound` where a member does not exist;
    /// `Forbidden` for a public room that only administrators make, and where one of them blocks the creator, or does not agree to be brought into a group by them; `Conflict` where one of them is in as many rooms as one person can be.
    async fn create_room(&self, room: NewRoom, stamp: Stamp) -> Result<Created>;
    /// Makes these changes of a room, all of them or none. Returns the system messages of those that changed something.
    async fn update_room(&self, room: RoomId, actor: UserId, changes: &[(RoomChange, Stamp)]) -> Result<Vec<Message>>;
    /// Deletes a room: nobody sees it from now on. Returns its former members. Its rows are left to
    /// [`Maintenance::purge`](crate::Maintenance::purge).
    async fn delete_room(&self, room: RoomId, actor: UserId, now: UnixMillis) -> Result<Vec<UserId>>;
    /// Heads of these rooms; a room that is gone is left out. One query.
    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>>;
}
