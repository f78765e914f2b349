//! The database around a node's life: one node a file, tried again until it is there, looked at after bus trouble.

use super::{Readiness, RunError};
use crate::chat::Chat;
use crate::config::StoreConfig;
use crate::store::{self, Store};
use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::MissedTickBehavior;

/// How often a database that is away is tried again.
const TRY_EVERY: Duration = Duration::from_secs(3);
/// How long memberships and marks that nobody told may stay unknown.
pub(crate) const REPAIR_EVERY: Duration = Duration::from_secs(30);
/// How often the heads of a node's rooms are compared with the database.
pub(crate) const HEADS_EVERY: Duration = Duration::from_secs(5);
/// How long rooms that somebody enters gather before they are compared.
const GATHER: Duration = Duration::from_millis(50);

/// Makes sure that this node is alone with an embedded database. The lock lasts as long as what is returned, or the process.
pub(super) fn lock(config: &StoreConfig) -> Result<Option<File>, RunError> {
    if !config.is_embedded() {
        return Ok(None);
    }
    let folder = config.data_dir.display();
    let fail =
        |error: std::io::Error| RunError::Store(format!("DATA_DIR={folder}: the folder cannot be written: {error}"));
    std::fs::create_dir_all(&config.data_dir).map_err(fail)?;
    let file = File::create(config.data_dir.join("lock")).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(RunError::Store(format!(
            "DATA_DIR={folder}: another Jackdaw runs on this folder. Stop it, choose another folder, or use PostgreSQL and Redis for several nodes"
        ))),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}

/// Brings the schema up to date as soon as the database is there, then waits for ever; returns only with what trying again cannot mend.
pub(super) async fn prepare(store: Arc<dyn Store>, ready: watch::Sender<Readiness>) -> RunError {
    loop {
        match store.migrate().await {
            Ok(()) => break,
            Err(error @ store::Error::Unavailable(_)) => {
                tracing::warn!(%error, "waiting for the database, next try in {} s", TRY_EVERY.as_secs());
                ready.send_replace(Readiness::NotYet(error.to_string()));
                tokio::time::sleep(TRY_EVERY).await;
            }
            Err(error) => return RunError::Store(error.to_string()),
        }
    }
    ready.send_replace(Readiness::Ready);
    tracing::info!("ready");
    std::future::pending().await
}

/// Repairs this node's picture after each gap of the bus, and every now and then; gaps that come meanwhile are one more.
pub(crate) async fn repair_after_gaps(chat: Arc<Chat>, gaps: Arc<Notify>) {
    loop {
        // Nobody tells what another node died before telling.
        let _ = tokio::time::timeout(REPAIR_EVERY, gaps.notified()).await;
        while let Err(error) = chat.repair().await {
            tracing::warn!(%error, "the state after bus trouble could not be read, trying again");
            tokio::time::sleep(TRY_EVERY).await;
        }
    }
}

/// Compares rooms that this node hears of since now with the database; all that gather meanwhile are one query.
pub(crate) async fn check_opened(chat: Arc<Chat>) {
    loop {
        if let Err(error) = chat.check_opened().await {
            tracing::warn!(%error, "how far rooms are could not be read: they are compared with all others soon");
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Compares this node's rooms with the database every few seconds, and reads what it lacks once stragglers had their time.
pub(crate) async fn fill_holes(chat: Arc<Chat>) {
    let mut heads = tokio::time::interval(HEADS_EVERY);
    heads.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            biased;
            () = chat.hole_noticed() => chat.fill_holes(false).await,
            _ = heads.tick() => chat.check_heads().await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "what this node lacks could not be read, trying again");
            tokio::time::sleep(TRY_EVERY).await;
        }
    }
}
