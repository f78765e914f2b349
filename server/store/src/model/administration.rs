//! Management of accounts, the audit log and invites, which the simulation does not have; and settings.

use super::{Model, absent};
use crate::{
    Account, Actor, Administration, AuditEntry, AuditLog, ErasedMessages, Invite, Invites, NewInvite, Purged, Result,
    Settings, Stamp,
};
use protocol::{RoomId, SessionId, UnixMillis, UserId};
use uuid::Uuid;

#[async_trait::async_trait]
impl Administration for Model {
    async fn accounts_rev(&self) -> Result<i64> {
        self.read(|_| 0).await
    }

    async fn find_account(&self, _: &str) -> Result<Option<Account>> {
        absent()
    }

    async fn list_accounts(&self, _: &str, _: &str, _: i64) -> Result<Vec<Account>> {
        absent()
    }

    async fn set_password(&self, _: UserId, _: &str, _: Option<SessionId>, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn has_reset_link(&self, _: &[u8], _: UnixMillis) -> Result<bool> {
        absent()
    }

    async fn reset_password(&self, _: &[u8], _: &str, _: UnixMillis) -> Result<UserId> {
        absent()
    }

    async fn create_reset_link(&self, _: UserId, _: &[u8], _: UnixMillis, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn set_disabled(&self, _: UserId, _: bool, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn set_admin(&self, _: UserId, _: bool, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn end_sessions(&self, _: UserId, _: Option<SessionId>, _: &Actor, _: UnixMillis) -> Result<u64> {
        absent()
    }

    async fn delete_user(&self, _: UserId, _: ErasedMessages, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn erase(&self, _: i64, _: &(dyn Fn() -> Stamp + Sync)) -> Result<Purged> {
        Ok(Purged::Nothing)
    }
}

#[async_trait::async_trait]
impl AuditLog for Model {
    async fn list_audit(&self, _: Option<i64>, _: i64) -> Result<Vec<AuditEntry>> {
        absent()
    }
}

#[async_trait::async_trait]
impl Invites for Model {
    async fn create_invite(&self, _: NewInvite, _: &Actor) -> Result<()> {
        absent()
    }

    async fn list_invites(&self, _: UnixMillis) -> Result<Vec<Invite>> {
        absent()
    }

    async fn revoke_invite(&self, _: Uuid, _: &Actor, _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn find_invite(&self, _: &[u8], _: UnixMillis) -> Result<Option<Vec<RoomId>>> {
        absent()
    }

    async fn create_setup_link(&self, _: &[u8], _: UnixMillis) -> Result<()> {
        absent()
    }
}

#[async_trait::async_trait]
impl Settings for Model {
    async fn list_settings(&self) -> Result<Vec<(String, String)>> {
        self.read(|tables| tables.settings.clone().into_iter().collect()).await
    }

    async fn set_settings(&self, settings: &[(&str, &str)], _: &Actor, _: UnixMillis) -> Result<()> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.write(|tables| {
            tables.settings.extend(settings);
            Ok(())
        })
        .await
    }
}
