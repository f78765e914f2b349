//! The database in a node's lifecycle: the file lock, the migration at start, and the background tasks that reconcile and purge.

use super::{Readiness, RunError};
use crate::chat::{Chat, Rounds, SLICE_INTERVAL};
use crate::config::StoreConfig;
use crate::hub::Hub;
use protocol::UnixMillis;
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{self, Purged, Store};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior};

/// How often an unavailable database is retried.
const CONNECT_RETRY_INTERVAL: Duration = Duration::from_secs(3);
/// How often the heads of a node's rooms are compared with the database.
pub(crate) const HEADS_INTERVAL: Duration = Duration::from_secs(5);
/// How often the sessions of connections are checked: how long a connection of an ended session may stay open if the message of the
/// bus was lost.
pub(crate) const SESSIONS_INTERVAL: Duration = Duration::from_secs(5);
/// How long entered rooms are coalesced before they are compared.
const COALESCE_INTERVAL: Duration = Duration::from_millis(50);

/// How often to look for deleted rooms of other nodes, which may have died since.
pub(crate) const PURGE_INTERVAL: Duration = Duration::from_secs(30);
/// Rows of deleted rooms that one transaction removes at most: at first, and ever.
const PURGE_FIRST_ROWS: i64 = 500;
pub(crate) const PURGE_ROWS: i64 = 5_000;
/// How long such a transaction should take: on SQLite all writers wait for it.
pub(crate) const PURGE_SLICE_TARGET: Duration = Duration::from_millis(20);
/// Before the next attempt while another node removes rows.
const PURGE_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How long a refusal is remembered, in milliseconds.
pub(crate) const REFUSED_MS: i64 = 24 * 60 * 60 * 1_000;

/// Locks an embedded database for this node. The lock lasts as long as the returned file, or the process.
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

/// Brings the schema up to date once the database answers, then waits for ever. Returns only errors that a retry cannot fix.
pub(super) async fn prepare(
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    file: Option<PathBuf>,
    ready: watch::Sender<Readiness>,
) -> RunError {
    loop {
        let prepared = async {
            store.migrate().await?;
            // From now on this node uses the channels of this epoch.
            hub.enter_epoch(store.epoch().await?);
            Ok(())
        };
        match prepared.await {
            Ok(()) => break,
            Err(error @ store::Error::Unavailable(_)) => {
                tracing::warn!(%error, "waiting for the database, next try in {} s", CONNECT_RETRY_INTERVAL.as_secs());
                ready.send_replace(Readiness::NotYet(error.to_string()));
                tokio::time::sleep(CONNECT_RETRY_INTERVAL).await;
            }
            Err(error) => return RunError::Store(error.to_string()),
        }
    }
    ready.send_replace(Readiness::Ready);
    tracing::info!("ready");
    match file {
        Some(file) => file_replaced(&file).await,
        None => std::future::pending().await,
    }
}

/// Returns once the file of an embedded database was replaced: this node would go on writing to the old one.
async fn file_replaced(file: &Path) -> RunError {
    let opened = identity(file);
    loop {
        tokio::time::sleep(HEADS_INTERVAL).await;
        if identity(file) != opened {
            return RunError::Store(format!(
                "{}: the database file was replaced or removed while Jackdaw was running. Stop Jackdaw before you put a \
                 backup in its place, run `jackdaw restored`, and start it again",
                file.display()
            ));
        }
    }
}

/// The identity of a file, apart from its name; none without a file.
fn identity(file: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(file).ok().map(|file| (file.dev(), file.ino()))
}

/// Reconciles this node's memberships, marks, sessions and heads with the database after each interruption of the bus, and a slice
/// of the people all the time: a node may die between a commit and its publish. Interruptions during a repair cause one more repair.
pub(crate) async fn keep_repaired(chat: Arc<Chat>, interruptions: Arc<Notify>) {
    let mut tick = tokio::time::interval(SLICE_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds = Rounds::default();
    loop {
        let (done, was_interrupted) = tokio::select! {
            biased;
            () = interruptions.notified() => (chat.repair().await, true),
            _ = tick.tick() => (chat.repair_some(&mut rounds).await, false),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "this node could not be reconciled with the database, retrying");
            tokio::time::sleep(CONNECT_RETRY_INTERVAL).await;
            if was_interrupted {
                interruptions.notify_one();
            }
        }
    }
}

/// Closes connections whose sessions have ended, whatever else fails.
pub(crate) async fn check_sessions(chat: Arc<Chat>) {
    let mut tick = tokio::time::interval(SESSIONS_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = chat.check_sessions().await {
            tracing::warn!(%error, "sessions could not be checked, retrying");
        }
    }
}

/// Compares the heads of newly subscribed rooms with the database; rooms that are entered meanwhile are one query.
pub(crate) async fn check_opened(chat: Arc<Chat>) {
    loop {
        if let Err(error) = chat.check_opened().await {
            tracing::warn!(%error, "the heads of entered rooms could not be read: the next check of heads includes them");
        }
        tokio::time::sleep(COALESCE_INTERVAL).await;
    }
}

/// Compares the heads of this node's rooms with the database every few seconds, and fills gaps that are due.
pub(crate) async fn fill_gaps(chat: Arc<Chat>) {
    // Not at once: the schema may have to be brought up to date first.
    let mut heads = tokio::time::interval_at(Instant::now() + HEADS_INTERVAL, HEADS_INTERVAL);
    heads.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            biased;
            () = chat.gap_noticed() => chat.fill_gaps(false).await,
            _ = heads.tick() => chat.check_heads().await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "gaps could not be filled, retrying");
            tokio::time::sleep(CONNECT_RETRY_INTERVAL).await;
        }
    }
}

/// Removes the rows of deleted rooms, in small transactions with pauses between them.
pub(super) async fn purge(chat: Arc<Chat>, store: Arc<dyn Store>) {
    loop {
        let _ = tokio::time::timeout(PURGE_INTERVAL, chat.room_deleted()).await;
        if let Err(error) = purge_all(&*store, chat.now()).await {
            tracing::warn!(%error, "rows of deleted rooms were not removed, retrying");
        }
    }
}

async fn purge_all(store: &dyn Store, now: UnixMillis) -> Result<(), store::Error> {
    let old = UnixMillis(now.0 - REFUSED_MS);
    while store.delete_refusals(old, PURGE_ROWS).await? == PURGE_ROWS as u64 {}
    let mut most = PURGE_FIRST_ROWS;
    loop {
        let began = Instant::now();
        match store.purge(most).await? {
            Purged::Nothing => return Ok(()),
            Purged::NotYet => tokio::time::sleep(PURGE_RETRY_INTERVAL).await,
            Purged::Rows { count, pause } => {
                let took = began.elapsed();
                tracing::debug!(count, ?took, "rows of deleted rooms were removed");
                most = next_size(most, took);
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// As many rows as the database removes within [`PURGE_SLICE_TARGET`].
fn next_size(rows: i64, took: Duration) -> i64 {
    let fitting = rows.saturating_mul(PURGE_SLICE_TARGET.as_micros() as i64) / (took.as_micros() as i64).max(1);
    fitting.clamp(rows / 2, rows * 2).clamp(PURGE_FIRST_ROWS / 10, PURGE_ROWS)
}
