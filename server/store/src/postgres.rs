//! The store on PostgreSQL: shared by the nodes of a cluster.

mod backup;
mod batch;
mod plain;

use super::Result;
use crate::bounds::{APPENDERS, LOCK_TIMEOUT_MS};
use prometheus_client::metrics::histogram::Histogram;
use sql::Pool;
use sqlx::postgres::PgConnectOptions;
use std::str::FromStr;
use uuid::Uuid;

// What the statements in `sql` need to know of the database.
macro_rules! ids {
    ($parameter:literal) => {
        concat!("(select unnest(", $parameter, "::uuid[]))")
    };
}
macro_rules! for_update {
    () => {
        " for update"
    };
}

/// As [`for_update`], without holding up those who only refer to the row.
macro_rules! for_no_key_update {
    () => {
        " for no key update"
    };
}
macro_rules! for_update_if_free {
    () => {
        " for update skip locked"
    };
}
// The cluster's name for itself, and the timeline on which it writes: each promotion and each recovery begins another one.
macro_rules! history {
    () => {
        "(select system_identifier from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    };
}
macro_rules! now_ms {
    () => {
        "(extract(epoch from clock_timestamp()) * 1000)::bigint"
    };
}

// Text in the order of its bytes.
macro_rules! text_order {
    () => {
        " collate \"C\""
    };
}

type Db = sqlx::Postgres;

/// Binds a list of ids as [`ids`] reads it.
fn id_list(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
}

/// The driver's own migrations of this engine; it runs them under an advisory lock.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/postgres");
const BEGIN: &str = "begin";

#[path = "sql/database.rs"]
mod sql;
pub(crate) use backup::{Restore, open};
pub(super) use sql::Database;

impl Database {
    /// Opens the database that `url` names. The first connection is made when it is first used.
    pub(super) fn open(url: &str, pool: u32, waits: Histogram) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("jackdaw");
        // Shorter than this node waits itself, or a database that is slow would go on with what nobody waits for.
        // A new index takes longer than anything else may. A statement that waits for a lock of its table makes all later ones wait:
        // rather than that it is tried again.
        let migrations = options.clone().options([("statement_timeout", "0"), ("lock_timeout", "5s")]);
        let reads = options.clone().options([("statement_timeout", "9s")]);
        // Statements that write look a few rows up by their keys, whatever is bound and however small a table still is:
        // planning them each time would cost more than they do, and reading a whole table much more. Those that read are
        // planned for what is bound.
        let writes = options.options([
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        // Messages have connections of their own: what else writes does not hold them up, and a room that others hold for
        // long holds up only its own.
        let appends = writes.clone().options([("lock_timeout", LOCK_TIMEOUT_MS)]);
        let writers = (pool / 3).saturating_sub(1).max(1);
        let appenders = APPENDERS.min((pool / 3).max(1));
        let append = Pool::new(appends, appenders, waits.clone());
        let write = Pool::new(writes, writers, waits.clone());
        let read = Pool::new(reads, pool.saturating_sub(writers + appenders).max(1), waits);
        Ok(Self { read, write, append, migrations })
    }
}
