//! Accounts that change: another password, disabled, deleted, with other rights. The store ends sessions in the same transaction.
//!
//! The node that made a change follows at once. All others learn of it by `accounts_rev`, which each of them reads every few seconds: the
//! change may also come from a program that is no node and has no bus, the command line.

use super::Chat;
use crate::Error;
use crate::hub::Invalidation;
use protocol::{SessionId, UserId};
use std::sync::Arc;
use store::{Actor, ErasedMessages, Purged};

/// Messages of a room that one step of an erasure reads at most.
pub const ERASURE_ROWS: i64 = 2_000;

impl Chat {
    /// Replaces a password by its hash and ends the person's sessions but `keep`.
    pub async fn set_password(
        self: &Arc<Self>,
        user: UserId,
        hash: String,
        keep: Option<SessionId>,
        by: Actor,
    ) -> Result<(), Error> {
        self.change_account(user, async move |chat| {
            Ok(chat.store.set_password(user, &hash, keep, &by, chat.now()).await?)
        })
        .await
    }

    /// Replaces the password of the account of this one-time link, and ends all its sessions.
    pub async fn reset_password(self: &Arc<Self>, code_hash: Vec<u8>, hash: String) -> Result<(), Error> {
        self.complete(async move |chat| {
            let user = chat.store.reset_password(&code_hash, &hash, chat.now()).await?;
            chat.account_changed(user).await;
            Ok(())
        })
        .await
    }

    /// Ends the person's sessions but `keep`. Returns how many.
    pub async fn end_sessions(
        self: &Arc<Self>,
        user: UserId,
        keep: Option<SessionId>,
        by: Actor,
    ) -> Result<u64, Error> {
        self.change_account(user, async move |chat| Ok(chat.store.end_sessions(user, keep, &by, chat.now()).await?))
            .await
    }

    pub async fn set_disabled(self: &Arc<Self>, user: UserId, disabled: bool, by: Actor) -> Result<(), Error> {
        self.change_account(user, async move |chat| {
            Ok(chat.store.set_disabled(user, disabled, &by, chat.now()).await?)
        })
        .await
    }

    pub async fn set_admin(self: &Arc<Self>, user: UserId, is_admin: bool, by: Actor) -> Result<(), Error> {
        self.change_account(user, async move |chat| Ok(chat.store.set_admin(user, is_admin, &by, chat.now()).await?))
            .await
    }

    pub async fn delete_user(self: &Arc<Self>, user: UserId, messages: ErasedMessages, by: Actor) -> Result<(), Error> {
        self.change_account(user, async move |chat| {
            chat.store.delete_user(user, messages, &by, chat.now()).await?;
            chat.deleted.notify_one();
            Ok(())
        })
        .await
    }

    /// Runs a change of this account to its end, and lets this node follow it.
    async fn change_account<T, F>(
        self: &Arc<Self>,
        user: UserId,
        change: impl FnOnce(Arc<Self>) -> F + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.complete(async move |chat| {
            let done = change(Arc::clone(&chat)).await?;
            chat.account_changed(user).await;
            Ok(done)
        })
        .await
    }

    /// The next step of erasing deleted accounts.
    pub(crate) async fn erase_accounts(&self) -> Result<Purged, Error> {
        Ok(self.store.erase(ERASURE_ROWS, &|| self.stamp()).await?)
    }

    /// Whether `accounts_rev` is another one than `known`. So is the first one that is read: something may have been cached before.
    pub(crate) async fn accounts_changed(&self, known: &mut Option<i64>) -> Result<bool, Error> {
        let rev = self.store.accounts_rev().await?;
        Ok(known.replace(rev) != Some(rev))
    }

    /// Follows changes of any accounts: nothing that is cached of them is used, connections of ended sessions close, changed names are
    /// sent, and presence is hidden or shown where blocks have changed.
    pub(crate) async fn follow_accounts(&self) -> Result<(), Error> {
        self.hub.invalidate(Invalidation::Accounts);
        self.check_sessions().await?;
        self.send_renamed().await?;
        self.follow_blocks().await
    }

    /// A change of this account was stored. Where this node cannot follow it now, it does so within seconds.
    async fn account_changed(&self, user: UserId) {
        self.hub.invalidate_user(user);
        if let Err(error) = self.follow_accounts().await {
            tracing::warn!(%error, "a changed account is not followed yet");
        }
    }
}
