//! Management of accounts: passwords, rights, ends. Each change and its record in the audit log are one transaction, which also
//! moves [`Administration::accounts_rev`], so that all nodes learn of it within seconds, whatever program made it.

use crate::{Account, Actor, ErasedMessages, Purged, Result, Stamp};
use protocol::{SessionId, UnixMillis, UserId};

/// Management of accounts. `by` did it, and must be an administrator, or the person for their own password, sessions and
/// deletion: `Forbidden` otherwise; `NotFound` where the account is not there or was deleted, `Conflict` where the last
/// administrator would go.
#[async_trait::async_trait]
pub trait Administration {
    /// A counter that moves with each change of this trait.
    async fn accounts_rev(&self) -> Result<i64>;
    /// The account with this user name.
    async fn find_account(&self, username: &str) -> Result<Option<Account>>;
    /// Accounts that were not deleted, whose names have a word that starts with `query`, by user name, those after `after`.
    async fn list_accounts(&self, query: &str, after: &str, limit: i64) -> Result<Vec<Account>>;
    /// Replaces the hash of the password, and ends all sessions of the person but `keep`.
    async fn set_password(
        &self,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
        by: &Actor,
        now: UnixMillis,
    ) -> Result<()>;
    /// Whether a one-time link for a password works now.
    async fn has_reset_link(&self, code_hash: &[u8], now: UnixMillis) -> Result<bool>;
    /// As [`Administration::set_password`], with the right of a one-time link, which it uses up. Returns whose it was; `NotFound`
    /// where it was used, has expired or never was.
    async fn reset_password(&self, code_hash: &[u8], hash: &str, now: UnixMillis) -> Result<UserId>;
    /// Stores a one-time link for a new password of this person, in place of an earlier one.
    async fn create_reset_link(
        &self,
        user: UserId,
        code_hash: &[u8],
        expires: UnixMillis,
        by: &Actor,
        now: UnixMillis,
    ) -> Result<()>;
    /// Disables an account, which ends all its sessions, or enables it again. Nothing where it is so already.
    async fn set_disabled(&self, user: UserId, disabled: bool, by: &Actor, now: UnixMillis) -> Result<()>;
    /// Makes the person an administrator, or one no longer. Nothing where it is so already.
    async fn set_admin(&self, user: UserId, is_admin: bool, by: &Actor, now: UnixMillis) -> Result<()>;
    /// Ends all sessions of the person but `keep`. Returns how many.
    async fn end_sessions(&self, user: UserId, keep: Option<SessionId>, by: &Actor, now: UnixMillis) -> Result<u64>;
    /// Deletes an account: nobody can sign in with it, its names are replaced, its sessions end. Rooms and messages are left to
    /// [`Administration::erase`].
    async fn delete_user(&self, user: UserId, messages: ErasedMessages, by: &Actor, now: UnixMillis) -> Result<()>;
    /// Continues to erase a deleted account, in one short transaction: looks at up to `most` messages of a room and deletes those
    /// of the account, or takes it out of one room. A room that would lose its last owner gets the member as owner who
    /// has the highest role, and was there first. `stamp` returns a fresh identity for each message or revision.
    async fn erase(&self, most: i64, stamp: &(dyn Fn() -> Stamp + Sync)) -> Result<Purged>;
}
