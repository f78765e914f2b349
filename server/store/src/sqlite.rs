//! The store on SQLite: one file, one writer, several readers.

mod backup;
mod batch;
mod restore;

use super::Result;
use crate::bounds::READERS;
use prometheus_client::metrics::histogram::Histogram;
use sql::Pool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How long a statement may wait for another program that has the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

// What the statements in `sql` need to know of the database.
macro_rules! ids {
    ($parameter:literal) => {
        concat!("(select unhex(value) from json_each(", $parameter, "))")
    };
}
macro_rules! for_update {
    () => {
        ""
    };
}

/// As [`for_update`], without holding up those who only refer to the row.
macro_rules! for_no_key_update {
    () => {
        ""
    };
}
macro_rules! for_update_if_free {
    () => {
        ""
    };
}
macro_rules! history {
    () => {
        "null"
    };
}
macro_rules! now_ms {
    () => {
        "cast(unixepoch('subsec') * 1000 as integer)"
    };
}

// Text in the order of its bytes.
macro_rules! text_order {
    () => {
        ""
    };
}

type Db = sqlx::Sqlite;

/// Binds a list of ids as [`ids`] reads it.
fn id_list(ids: impl Iterator<Item = uuid::Uuid>) -> String {
    serde_json::Value::from_iter(ids.map(|id| id.simple().to_string())).to_string()
}

/// The driver's own migrations of this engine.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");
/// A writer takes its lock when it begins, not in the middle, where it could no longer wait for it.
const BEGIN: &str = "begin immediate";

#[path = "sql/database.rs"]
mod sql;
pub(crate) use backup::{check_indexes, copy, is_database, open, open_file};
pub(crate) use restore::Restore;
pub(super) use sql::Database;
pub(crate) use sql::Live;

/// The file that `url` names.
pub(super) fn file(url: &str) -> Option<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    Some(options.get_filename().to_path_buf()).filter(|file| file.as_os_str() != ":memory:")
}

impl Database {
    /// Opens the file that `url` names. It is made, if it is not there, when it is first used.
    pub(super) fn open(url: &str, pool: u32, waits: Histogram) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged message survives a power cut, not only a crash.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let write = Pool::new(options.clone(), 1, waits.clone());
        let read = Pool::new(options.clone(), pool.min(READERS), waits);
        Ok(Self { read, append: write.clone(), write, migrations: options })
    }
}
