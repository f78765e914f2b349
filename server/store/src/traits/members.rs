//! Memberships: the members of each room and their roles. Each change stores its system message in the same transaction.

use crate::{MemberMark, Result, Stamp};
use protocol::{Member, Message, Role, RoomId, UserId};

/// Memberships of rooms. The right of `actor` to a change is checked in the transaction that makes it: `Forbidden` or `NotFound`
/// without it.
#[async_trait::async_trait]
pub trait Members {
    /// Members in the order of their ids, those after `cursor`.
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>>;
    /// Ids of all members.
    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>>;
    /// Those of `others` who share a room with `user`. One query.
    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>>;
    /// All memberships of these users with their marks. One query.
    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>>;
    /// For each of these users a number that moves with their memberships, roles, and marks in direct rooms. One query.
    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>>;
    /// Makes `user` a member; `actor` is themselves (joined) or another (added). Nothing where they are one already;
    /// `NotFound` where there is no such user or room; `Forbidden` where they do not agree to be brought in by `actor`; `Conflict` where they are banned, or in as
    /// many rooms as one person can be.
    async fn create_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>>;
    /// Ends a membership (left, or removed by `actor`). `Conflict` where it would leave the room without an owner.
    async fn delete_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message>;
    /// Gives a member a role. Nothing where they have it already. `Conflict` where it would leave the room without an owner.
    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>>;
}
