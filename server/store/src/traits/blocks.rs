//! Blocks: people whose messages and invitations a person does not want.

use crate::Result;
use protocol::{UnixMillis, UserId};

/// Blocks of people by people. A blocked person cannot open a direct room with the other one, cannot send in the one that they
/// have, and cannot add the other one to rooms. Neither of the two sees the presence and the typing of the other. A change moves
/// [`accounts_rev`](crate::Administration::accounts_rev), by which nodes learn of it.
#[async_trait::async_trait]
pub trait Blocks {
    /// Blocks a person. Nothing where they are blocked already; `NotFound` where there is no such person; `Conflict` where `user`
    /// blocks as many people as one person can.
    async fn create_block(&self, user: UserId, blocked: UserId, now: UnixMillis) -> Result<()>;
    /// Ends a block. Nothing where there is none.
    async fn delete_block(&self, user: UserId, blocked: UserId) -> Result<()>;
    /// All people that a person blocks, the latest first; at most [`crate::bounds::BLOCKS`].
    async fn list_blocks(&self, user: UserId) -> Result<Vec<UserId>>;
    /// All blocks by these people, as the person who blocks and the blocked one.
    async fn list_blocks_by(&self, users: &[UserId]) -> Result<Vec<(UserId, UserId)>>;
    /// Those of `others` who block `user`.
    async fn list_blockers(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>>;
}
