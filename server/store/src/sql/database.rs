//! An opened database, its pools and its transactions. Each trait is implemented in the module of its name, beside its statements.
//!
//! Everything below is written once and compiled for each engine, with that engine's driver types and the few words in which
//! its SQL differs (see the macros above the `mod sql` of `sqlite.rs` and `postgres.rs`).

mod accounts;
mod administration;
mod audit;
mod backup;
mod bans;
mod blocks;
mod consent;
mod epochs;
mod erasure;
mod invites;
mod maintenance;
mod marks;
mod members;
mod messages;
mod names;
mod people;
mod pool;
mod refusals;
mod reports;
mod revisions;
mod room_changes;
mod rooms;
mod rows;
mod search;
mod sessions;
mod settings;
mod system_messages;

pub(crate) use backup::Live;
pub(super) use backup::{has_more_rows, list, migrate_to};
pub(super) use blocks::is_blocked;
pub(super) use pool::{Options, Pool, Tx};
pub(super) use rows::{message, message_columns, raised_mark, raised_mark_columns};

use super::{BEGIN, Db, MIGRATIONS};
use crate::bounds::WRITE_TIMEOUT;
use crate::{Error, Result};
use std::time::Duration;
use tokio::time::timeout;

/// An opened database.
pub(crate) struct Database {
    /// Connections for statements that only read.
    pub(super) read: Pool,
    /// Connections for those that write.
    pub(super) write: Pool,
    /// Connections for those that store messages; with SQLite the same.
    pub(super) append: Pool,
    /// How migrations connect: nothing ends a statement of theirs for the time that it takes.
    pub(super) migrations: Options,
}

impl Database {
    async fn begin(&self) -> Result<Tx> {
        Ok(self.write.begin_with(BEGIN).await?)
    }

    /// Runs `work` in a transaction that writes, within [`WRITE_TIMEOUT`]. `work` commits it; without a commit it is rolled back.
    async fn transaction<T>(&self, work: impl AsyncFnOnce(Tx) -> Result<T>) -> Result<T> {
        within(WRITE_TIMEOUT, async { work(self.begin().await?).await }).await
    }
}

/// Runs `work` with a timeout: a network may drop the database's answers, and with them its own timeouts. A dropped transaction is
/// rolled back.
async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs()))),
    }
}
