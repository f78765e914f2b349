//! Sessions: the simulation only ends them.

use super::{Model, absent};
use crate::{NewSession, Result, SessionRecord, Sessions};
use protocol::{Session, SessionId, UnixMillis, UserId};

#[async_trait::async_trait]
impl Sessions for Model {
    async fn create_session(&self, _: NewSession) -> Result<()> {
        absent()
    }

    async fn find_session(&self, _: SessionId) -> Result<Option<SessionRecord>> {
        absent()
    }

    async fn rotate_session(&self, _: SessionId, _: i64, _: UnixMillis, _: UnixMillis) -> Result<bool> {
        absent()
    }

    async fn see_generation(&self, _: SessionId, _: i64) -> Result<()> {
        unreachable!("the simulator has no sessions")
    }

    async fn list_sessions(&self, _: UserId, _: UnixMillis) -> Result<Vec<Session>> {
        absent()
    }

    async fn list_live_sessions(&self, ids: &[SessionId], _: UnixMillis) -> Result<Vec<SessionId>> {
        self.read(|tables| ids.iter().copied().filter(|id| !tables.ended.contains(id)).collect()).await
    }

    async fn delete_sessions(&self, _: UnixMillis, _: i64) -> Result<u64> {
        Ok(0)
    }

    async fn revoke_session(&self, _: UserId, _: SessionId, _: UnixMillis) -> Result<bool> {
        absent()
    }
}
