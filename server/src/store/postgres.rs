//! The store on PostgreSQL: shared by the nodes of a cluster.

mod batch;
mod plain;

use super::Result;
use plain::Plain;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// After so long without use the database is asked whether a connection is still there.
const QUIET: Duration = Duration::from_secs(1);
/// How long a request may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

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

type Db = sqlx::Postgres;

/// Binds a list of ids as [`ids`] reads it.
fn id_list(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
}

/// The driver's own migrations of this engine; it runs them under an advisory lock.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");
const BEGIN: &str = "begin";

#[path = "sql/database.rs"]
mod sql;
pub(super) use sql::Database;

impl Database {
    /// Opens the database that `url` names. The first connection is made when it is first used.
    pub(super) fn open(url: &str, pool: u32) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("jackdaw")
            // A statement that hangs would keep its connection for ever.
            .options([("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "30s")]);
        let connections = |most| {
            let options = PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
            // One that was used just now is still there.
            options.test_before_acquire(false).before_acquire(|connection, state| {
                Box::pin(async move { Ok(state.idle_for < QUIET || connection.ping().await.is_ok()) })
            })
        };
        // Statements that write look a few rows up by their keys, whatever is bound and however small a table still is:
        // planning them each time would cost more than they do, and reading a whole table much more. Those that read are
        // planned for what is bound.
        let writes = options.clone().options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        let plain = Plain::new(connections(1).connect_lazy_with(writes.clone()));
        let write = connections((pool / 3).max(1)).connect_lazy_with(writes);
        let read = connections((pool - pool / 3).max(1)).connect_lazy_with(options);
        Ok(Self { read, write, plain })
    }
}
