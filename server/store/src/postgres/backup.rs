//! Backups on PostgreSQL: read in one transaction of one moment, and restored in one transaction, tables included.

use super::sql::{Live, Options, has_more_rows, list, migrate_to};
use crate::dump::{
    Column, Engine, Error, Kind, Manifest, Result, Row, Rows, TABLES, Table, Target, Value, hex, tables_at,
};
use futures_util::stream::BoxStream;
use protocol::UnixMillis;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnectOptions;
use std::fmt::Write;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// The advisory lock of a restore: "jackdaw" in ASCII.
const LOCK: i64 = 0x6a_61_63_6b_64_61_77;
/// How long connections of a node that was stopped a moment ago may take to go.
const SESSIONS_TIMEOUT: Duration = Duration::from_secs(3);
const SESSIONS_INTERVAL: Duration = Duration::from_millis(100);

/// Connections that no statement of which has a timeout. A lock that others hold is given up.
fn options(url: &str, name: &str) -> Result<Options> {
    let options = PgConnectOptions::from_str(url).map_err(Error::database("opened"))?.application_name(name);
    Ok(options.options([
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("lock_timeout", "10s"),
    ]))
}

/// A transaction that reads the database as of now, and its manifest without sums.
pub(crate) async fn open(url: &str, now: UnixMillis) -> Result<(Live, Manifest)> {
    let begin = "begin isolation level repeatable read read only";
    let mut live = Live::begin(&options(url, "jackdaw backup")?, begin).await.map_err(Error::database("opened"))?;
    if !exists(&mut live, "_sqlx_migrations").await? {
        return Err(Error::NoDatabase("DATABASE_URL".to_owned()));
    }
    let manifest = live.manifest(Engine::Postgres, now).await?;
    Ok((live, manifest))
}

async fn exists(live: &mut Live, table: &str) -> Result<bool> {
    let found = sqlx::query_scalar("select to_regclass($1) is not null").bind(table);
    found.fetch_one(&mut *live.tx).await.map_err(Error::database("read"))
}

/// A transaction that replaces everything, and whether it may replace rows.
pub(crate) struct Restore(Live, bool);

impl Restore {
    /// Checks that nobody uses the database and that it is empty or may be replaced.
    pub(crate) async fn open(url: &str, is_replaced: bool) -> Result<Self> {
        let options = options(url, "jackdaw restore")?;
        let mut live = Live::begin(&options, "begin").await.map_err(Error::database("opened"))?;
        let fail = Error::database("read");
        let locked = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(LOCK);
        if !locked.fetch_one(&mut *live.tx).await.map_err(&fail)? {
            let text = "another restore runs on this database at this moment. Wait until it has ended";
            return Err(Error::InUse(text.to_owned()));
        }
        if exists(&mut live, "_sqlx_migrations").await? {
            live.check_schema().await?;
        }
        let mut restore = Self(live, is_replaced);
        restore.check_use().await?;
        Ok(restore)
    }

    /// Checks that no node is connected, and that the database is empty where it may not be replaced.
    async fn check_use(&mut self) -> Result<()> {
        let Self(live, is_replaced) = self;
        wait_for_nodes(live).await?;
        for table in TABLES {
            if !*is_replaced
                && exists(live, table.name).await?
                && has_more_rows(&mut live.tx, table).await.map_err(Error::database("read"))?
            {
                return Err(Error::not_empty(table));
            }
        }
        Ok(())
    }

    /// Locks what is there against everybody, and checks once more: the backup was read since, which may have taken minutes.
    async fn lock_all(&mut self) -> Result<()> {
        for table in TABLES {
            if exists(&mut self.0, table.name).await? {
                self.execute(format!("lock table {} in access exclusive mode", table.name)).await?;
            }
        }
        self.check_use().await
    }

    async fn execute(&mut self, statement: String) -> Result<()> {
        let done = sqlx::query(AssertSqlSafe(statement)).execute(&mut *self.0.tx).await;
        done.map(drop).map_err(Error::database("written"))
    }
}

/// Waits a moment for the connections of nodes to go.
async fn wait_for_nodes(live: &mut Live) -> Result<()> {
    let fail = Error::database("read");
    let began = Instant::now();
    loop {
        // Else a transaction goes on seeing the sessions that it saw first.
        let fresh = sqlx::query("select pg_stat_clear_snapshot()");
        fresh.execute(&mut *live.tx).await.map_err(&fail)?;
        let nodes = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'jackdaw'",
        );
        let nodes: i64 = nodes.fetch_one(&mut *live.tx).await.map_err(&fail)?;
        if nodes == 0 {
            return Ok(());
        }
        if began.elapsed() > SESSIONS_TIMEOUT {
            return Err(Error::InUse(format!(
                "Jackdaw runs on this database ({nodes} connections). Stop all nodes before you restore a backup"
            )));
        }
        tokio::time::sleep(SESSIONS_INTERVAL).await;
    }
}

impl Rows for Restore {
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>> {
        self.0.rows(table, columns)
    }
}

#[async_trait::async_trait]
impl Target for Restore {
    /// Tables are made anew, because the schema of a backup may be an earlier one than the database has.
    async fn prepare(&mut self, schema: i64) -> Result<()> {
        self.lock_all().await?;
        let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        let functions = sqlx::query_scalar(
            "select distinct tgfoid::regprocedure::text from pg_trigger
             where not tgisinternal and tgrelid in (select to_regclass(name) from unnest($1::text[]) as name)",
        );
        let bound: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let functions: Vec<String> =
            functions.bind(bound).fetch_all(&mut *self.0.tx).await.map_err(Error::database("read"))?;
        self.execute(format!("drop table if exists _sqlx_migrations, {}", names.join(", "))).await?;
        for function in functions {
            self.execute(format!("drop function {function}")).await?;
        }
        migrate_to(&mut self.0, Some(schema)).await?;
        self.triggers(schema, "disable").await?;
        self.0.delete_all(schema).await
    }

    async fn insert(&mut self, table: &'static Table, columns: &[&'static Column], rows: &[Row]) -> Result<()> {
        let fail = Error::database("written");
        let statement = format!("copy {} ({}) from stdin", table.name, list(columns));
        let mut copy = self.0.tx.copy_in_raw(&statement).await.map_err(&fail)?;
        copy.send(copy_text(rows)).await.map_err(&fail)?;
        copy.finish().await.map(drop).map_err(&fail)
    }

    async fn finish(mut self: Box<Self>, epoch: Uuid) -> Result<()> {
        let schema = self.0.schema().await.map_err(Error::database("read"))?;
        self.triggers(schema, "enable").await?;
        self.continue_sequences(schema).await?;
        migrate_to(&mut self.0, None).await?;
        self.0.begin_epoch(epoch).await?;
        for table in TABLES {
            self.execute(format!("analyze {}", table.name)).await?;
        }
        self.0.commit().await.map_err(Error::database("written"))
    }
}

impl Restore {
    /// Lets columns that number themselves go on after the numbers that were inserted.
    async fn continue_sequences(&mut self, schema: i64) -> Result<()> {
        for table in tables_at(schema) {
            let columns = table.columns.iter().filter(|column| column.since <= schema && column.kind == Kind::Int);
            for Column { name, .. } in columns {
                self.execute(format!(
                    "select setval(sequence, (select max({name}) from {0}))
                     from pg_get_serial_sequence('{0}', '{name}') as sequence
                     where sequence is not null and exists (select 1 from {0})",
                    table.name
                ))
                .await?;
            }
        }
        Ok(())
    }

    /// Triggers keep numbers that the rows of a backup have already.
    async fn triggers(&mut self, schema: i64, what: &str) -> Result<()> {
        for table in tables_at(schema) {
            self.execute(format!("alter table {} {what} trigger user", table.name)).await?;
        }
        Ok(())
    }
}

/// Rows as `copy` reads them: values separated by tabs, one row on a line, with backslashes before what would separate.
fn copy_text(rows: &[Row]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push('\t');
            }
            // Writing into memory does not fail.
            let _ = match value {
                Value::Null => text.write_str("\\N"),
                Value::Uuid(id) => write!(text, "{id}"),
                Value::Int(number) => write!(text, "{number}"),
                Value::Bool(is_true) => text.write_str(if *is_true { "t" } else { "f" }),
                Value::Blob(bytes) => write!(text, "\\\\x{}", hex(bytes)),
                Value::Text(value) => {
                    value.chars().for_each(|letter| match letter {
                        '\\' => text.push_str("\\\\"),
                        '\n' => text.push_str("\\n"),
                        '\r' => text.push_str("\\r"),
                        '\t' => text.push_str("\\t"),
                        other => text.push(other),
                    });
                    Ok(())
                }
            };
        }
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_is_escaped() {
        let text = |value: &str| Value::Text(value.into());
        let rows = [vec![text("a\tb\nc\\N\r"), Value::Null], vec![Value::Blob(vec![1, 255]), Value::Bool(true)]];
        assert_eq!(String::from_utf8(copy_text(&rows)).unwrap(), "a\\tb\\nc\\\\N\\r\t\\N\n\\\\x01ff\tt\n");
    }
}
