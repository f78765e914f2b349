//! Invite links, and the one-time link of the first account. A code is stored as its SHA-256 only.

use crate::{Actor, Invite, NewInvite, Result};
use protocol::{RoomId, UnixMillis};
use uuid::Uuid;

/// Invite links.
#[async_trait::async_trait]
pub trait Invites {
    /// Stores an invite. `NotFound` where one of its rooms is not there, is no group or public room, or is not one of the
    /// creator's; `Conflict` where there are as many invites as there can be.
    async fn create_invite(&self, invite: NewInvite, by: &Actor) -> Result<()>;
    /// Invites that still work, the newest first.
    async fn list_invites(&self, now: UnixMillis) -> Result<Vec<Invite>>;
    /// Ends an invite. Nothing where it has ended already; `NotFound` where there is none.
    async fn revoke_invite(&self, id: Uuid, by: &Actor, now: UnixMillis) -> Result<()>;
    /// Whether this code lets somebody make an account now, and if so into which rooms it leads beside the first one.
    async fn find_invite(&self, code_hash: &[u8], now: UnixMillis) -> Result<Option<Vec<RoomId>>>;
    /// Stores a one-time link for the first account. The newest few are kept.
    async fn create_setup_link(&self, code_hash: &[u8], now: UnixMillis) -> Result<()>;
}
