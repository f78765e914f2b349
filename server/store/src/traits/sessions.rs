//! Sessions of devices. Tokens are not stored, only the generation of the latest one.

use crate::{NewSession, Result, SessionRecord};
use protocol::{Session, SessionId, UnixMillis, UserId};

/// Sessions of devices.
#[async_trait::async_trait]
pub trait Sessions {
    /// Stores a session in generation 1. The person's oldest session ends where they have [`SESSIONS_MAX`](crate::bounds::SESSIONS_MAX)
    /// others. `Forbidden` where the account is disabled or deleted, `Conflict` where its password was
    /// changed since it was checked.
    async fn create_session(&self, session: NewSession) -> Result<()>;
    /// A session with its user, whatever its state.
    async fn find_session(&self, id: SessionId) -> Result<Option<SessionRecord>>;
    /// Moves a live session from `generation` to the next. Returns false if it is not live or not in that generation.
    async fn rotate_session(
        &self,
        id: SessionId,
        generation: i64,
        now: UnixMillis,
        expires: UnixMillis,
    ) -> Result<bool>;
    /// Records that the device has received this generation of a session.
    async fn see_generation(&self, id: SessionId, generation: i64) -> Result<()>;
    /// The user's live sessions, the latest seen first; `current` is false on all.
    async fn list_sessions(&self, user: UserId, now: UnixMillis) -> Result<Vec<Session>>;
    /// Those of these sessions that live. One query.
    async fn list_live_sessions(&self, ids: &[SessionId], now: UnixMillis) -> Result<Vec<SessionId>>;
    /// Ends a live session of this user. Returns false if there is none.
    async fn revoke_session(&self, user: UserId, id: SessionId, now: UnixMillis) -> Result<bool>;
    /// Removes up to `most` sessions that ended before this. Returns the count.
    async fn delete_sessions(&self, ended_before: UnixMillis, most: i64) -> Result<u64>;
}
