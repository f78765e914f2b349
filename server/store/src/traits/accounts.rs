//! Accounts: names and password hashes, settings, and when people were last seen. How other people's names stay up to date
//! on devices is in [`People`](crate::People).

use crate::{Credentials, NewUser, Registration, Result, Stamp};
use protocol::{Message, UnixMillis, User, UserId};

/// Accounts of people.
#[async_trait::async_trait]
pub trait Accounts {
    /// Stores a new account and makes it a member of the first public room and of the rooms of its invite. The first account of all
    /// administers the server and owns the first public room. Returns the user and the system messages of these rooms, whose
    /// identities come from `stamp`. `Conflict` if the user name is taken, `Forbidden` where the right to make an account is
    /// missing or used up.
    async fn create_user(
        &self,
        user: NewUser,
        right: Registration,
        stamp: &(dyn Fn() -> Stamp + Sync),
    ) -> Result<(User, Vec<Message>)>;
    /// The account with this name and its password's hash.
    async fn find_credentials(&self, username: &str) -> Result<Option<Credentials>>;
    /// The account with this id.
    async fn find_user(&self, id: UserId) -> Result<Option<User>>;
    /// Stores what a person may change about their account: the display name, and read receipts.
    async fn update_user(&self, user: &User) -> Result<()>;
    /// Stores when these people were last seen.
    async fn update_last_seen(&self, users: &[UserId], at: UnixMillis) -> Result<()>;
    /// When people were last seen, if known and visible to `viewer`: both must have read receipts on.
    async fn list_last_seen(&self, viewer: UserId, users: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>>;
    /// Whether there is any account.
    async fn has_users(&self) -> Result<bool>;
    /// Accounts whose user name or display name has a word that starts with `query` (any, if empty), by display name.
    async fn list_users(&self, query: &str, limit: i64) -> Result<Vec<User>>;
}
