//! The background tasks of a node: they reconcile it with the database, and purge what is deleted.

use crate::rules::{Chat, Rounds, SLICE_INTERVAL};
use protocol::UnixMillis;
use std::sync::Arc;
use std::time::Duration;
use store::{Purged, Store};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};

/// How often an unavailable database is retried.
pub const CONNECT_RETRY_INTERVAL: Duration = Duration::from_secs(3);
/// How often the heads of a node's rooms are compared with the database.
pub const HEADS_INTERVAL: Duration = Duration::from_secs(5);
/// How often the sessions of connections are checked: how long a connection of an ended session may stay open if the message of the
/// bus was lost.
pub const SESSIONS_INTERVAL: Duration = Duration::from_secs(5);
/// How often a node looks whether accounts were changed elsewhere. They are followed within twice this time.
pub const ACCOUNTS_INTERVAL: Duration = Duration::from_secs(2);
/// How long a session is kept after its end, in milliseconds.
pub const ENDED_SESSIONS_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long entered rooms are coalesced before they are compared.
const COALESCE_INTERVAL: Duration = Duration::from_millis(50);

/// How often to look for deleted rooms of other nodes, which may have died since.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(30);
/// Names that one transaction compares with those that look alike, and the pause after it: other changes of names wait meanwhile.
const SETTLED_NAMES: i64 = 200;
const SETTLED_NAMES_PAUSE: Duration = Duration::from_millis(100);
/// Rows of deleted rooms that one transaction removes at most: at first, and ever.
const PURGE_FIRST_ROWS: i64 = 500;
pub const PURGE_ROWS: i64 = 5_000;
/// How long such a transaction should take: on SQLite all writers wait for it.
pub const PURGE_SLICE_TARGET: Duration = Duration::from_millis(20);
/// Before the next attempt while another node removes rows.
const PURGE_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How long a refusal is remembered, in milliseconds.
pub const REFUSED_MS: i64 = 24 * 60 * 60 * 1_000;

/// Reconciles this node's memberships, marks, sessions and heads with the database after each interruption of the bus, and a slice
/// of the people all the time: a node may die between a commit and its publish. Interruptions during a repair cause one more repair.
pub async fn keep_repaired(chat: Arc<Chat>, interruptions: Arc<Notify>) {
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
pub async fn check_sessions(chat: Arc<Chat>) {
    let mut tick = tokio::time::interval(SESSIONS_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = chat.check_sessions().await {
            tracing::warn!(%error, "sessions could not be checked, retrying");
        }
    }
}

/// Follows changes of accounts that other nodes and the command line made.
pub async fn watch_accounts(chat: Arc<Chat>) {
    // Not at once: the schema may have to be brought up to date first.
    let mut tick = tokio::time::interval_at(Instant::now() + ACCOUNTS_INTERVAL, ACCOUNTS_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut known, mut is_due) = (None, false);
    loop {
        tick.tick().await;
        let followed = async {
            let has_changed = chat.accounts_changed(&mut known).await?;
            if has_changed || is_due {
                chat.follow_accounts().await?;
            }
            // Once more with the next tick: a connection may just come in by what was cached.
            is_due = has_changed | chat.take_stale_blocks();
            Ok::<(), crate::Error>(())
        };
        if let Err(error) = followed.await {
            tracing::warn!(%error, "changed accounts could not be followed, retrying");
            is_due = true;
        }
    }
}

/// Compares the heads of newly subscribed rooms with the database; rooms that are entered meanwhile are one query.
pub async fn check_opened(chat: Arc<Chat>) {
    loop {
        if let Err(error) = chat.check_opened().await {
            tracing::warn!(%error, "the heads of entered rooms could not be read: the next check of heads includes them");
        }
        tokio::time::sleep(COALESCE_INTERVAL).await;
    }
}

/// Compares the heads of this node's rooms with the database every few seconds, and fills gaps that are due.
pub async fn fill_gaps(chat: Arc<Chat>) {
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
pub async fn purge(chat: Arc<Chat>, store: Arc<dyn Store>) {
    loop {
        let _ = tokio::time::timeout(PURGE_INTERVAL, chat.room_deleted()).await;
        if let Err(error) = purge_all(&*store, chat.now()).await {
            tracing::warn!(%error, "rows of deleted rooms were not removed, retrying");
        }
        if let Err(error) = settle_names(&*store).await {
            tracing::warn!(%error, "names were not compared with those that look alike, retrying");
        }
        if let Err(error) = erase_all(&chat).await {
            tracing::warn!(%error, "what deleted accounts leave behind was not removed, retrying");
        }
    }
}

/// Finds names that look alike among those that an earlier version stored. The check of heads sends those that change.
async fn settle_names(store: &dyn Store) -> Result<(), store::Error> {
    while store.settle_names(SETTLED_NAMES).await? > 0 {
        tokio::time::sleep(SETTLED_NAMES_PAUSE).await;
    }
    Ok(())
}

/// Takes deleted accounts out of their rooms, and deletes their messages where that was chosen. Frames are not sent from here: each
/// node finds the new heads of its rooms, and reads what is missing.
async fn erase_all(chat: &Chat) -> Result<(), crate::Error> {
    loop {
        match chat.erase_accounts().await? {
            Purged::Nothing => return Ok(()),
            Purged::NotYet => tokio::time::sleep(PURGE_RETRY_INTERVAL).await,
            Purged::Rows { pause, .. } => tokio::time::sleep(pause).await,
        }
    }
}

async fn purge_all(store: &dyn Store, now: UnixMillis) -> Result<(), store::Error> {
    let old = UnixMillis(now.0 - REFUSED_MS);
    while store.delete_refusals(old, PURGE_ROWS).await? == PURGE_ROWS as u64 {}
    let ended = UnixMillis(now.0 - ENDED_SESSIONS_MS);
    while store.delete_sessions(ended, PURGE_ROWS).await? == PURGE_ROWS as u64 {}
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
