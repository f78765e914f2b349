//! Restoring a backup on SQLite: a new file, which takes the place of the old one once it is complete.

use super::backup::{BUSY_TIMEOUT, READ_AHEAD, database};
use super::sql::{Live, has_more_rows, list, migrate_to};
use crate::dump::{Column, Error, PartialFile, Result, Row, Rows, TABLES, Table, Target, Value};
use futures_util::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Rows of one statement.
const INSERT_ROWS: usize = 100;
/// Memory for pages while a database is restored, in KiB: its largest index is filled in another order than that of its key.
const CACHE_KIB: &str = "-262144";

/// A new file beside the database.
pub(crate) struct Restore {
    path: PathBuf,
    live: Live,
    partial: PartialFile,
    /// Keeps others out of the old file, where there is one that can be read.
    old: Option<SqliteConnection>,
    /// The triggers that wait for the rows to be there.
    triggers: Vec<String>,
}

impl Restore {
    /// Checks that nobody uses the database and that it is empty or may be replaced.
    pub(crate) async fn open(url: &str, is_replaced: bool) -> Result<Self> {
        let (path, options) = database(url)?;
        let partial = PartialFile::create(&path)?;
        partial.inherit_owner();
        let old = if path.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            lock_old(&path, options, is_replaced).await?
        } else {
            None
        };
        let options = SqliteConnectOptions::new()
            .filename(partial.path())
            // A file that fails is removed.
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .locking_mode(SqliteLockingMode::Exclusive)
            .row_buffer_size(READ_AHEAD)
            .pragma("cache_size", CACHE_KIB)
            // The rows are those of a database that had them, which their hashes show.
            .foreign_keys(false);
        let live = Live::begin(&options, "begin immediate").await.map_err(Error::database("written"))?;
        Ok(Self { path, live, partial, old, triggers: Vec::new() })
    }
}

/// The old database, locked; none where it is to be replaced and cannot be read.
async fn lock_old(path: &Path, options: SqliteConnectOptions, is_replaced: bool) -> Result<Option<SqliteConnection>> {
    let options =
        options.create_if_missing(false).locking_mode(SqliteLockingMode::Exclusive).busy_timeout(BUSY_TIMEOUT);
    let locked = async {
        let mut connection = options.connect().await?;
        sqlx::query("begin immediate").execute(&mut connection).await?;
        sqlx::query("commit").execute(&mut connection).await?;
        let mut found = None;
        // None where the table is not there.
        let schema = sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations");
        let schema: i64 = schema.fetch_one(&mut connection).await.unwrap_or_default();
        let tables = sqlx::query("select 1 from sqlite_schema where type = 'table' limit 1");
        let is_foreign = schema == 0 && tables.fetch_optional(&mut connection).await?.is_some();
        for table in TABLES {
            let is_there = sqlx::query("select 1 from sqlite_schema where name = $1").bind(table.name);
            if is_there.fetch_optional(&mut connection).await?.is_some()
                && has_more_rows(&mut connection, table).await?
            {
                found = Some(table);
                break;
            }
        }
        Ok((connection, found, schema, is_foreign))
    };
    match locked.await {
        Ok((_, _, schema, _)) if schema > Live::last_schema() => {
            Err(Error::NewerDatabase { schema, known: Live::last_schema() })
        }
        Ok((_, _, _, true)) if !is_replaced => Err(Error::ForeignDatabase(path.to_owned())),
        Ok((_, Some(table), ..)) if !is_replaced => Err(Error::not_empty(table)),
        Ok((connection, ..)) => Ok(Some(connection)),
        Err(error) if is_busy(&error) => Err(Error::InUse(format!(
            "{}: another program uses this database. Stop Jackdaw before you restore a backup",
            path.display()
        ))),
        Err(_) if is_replaced => Ok(None),
        Err(error) => Err(Error::Database { what: "read. Add --replace to replace it", text: error.to_string() }),
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| [5, 6].contains(&(code & 0xff)))
}

impl Rows for Restore {
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>> {
        self.live.rows(table, columns)
    }
}

#[async_trait::async_trait]
impl Target for Restore {
    async fn prepare(&mut self, schema: i64) -> Result<()> {
        migrate_to(&mut self.live, Some(schema)).await?;
        let fail = Error::database("written");
        let triggers = sqlx::query("select name, sql from sqlite_schema where type = 'trigger'");
        for row in triggers.fetch_all(&mut *self.live.tx).await.map_err(&fail)? {
            let name: String = row.try_get("name").map_err(&fail)?;
            let dropped = sqlx::query(AssertSqlSafe(format!("drop trigger {name}")));
            dropped.execute(&mut *self.live.tx).await.map_err(&fail)?;
            self.triggers.push(row.try_get("sql").map_err(&fail)?);
        }
        self.live.delete_all(schema).await
    }

    async fn insert(&mut self, table: &'static Table, columns: &[&'static Column], rows: &[Row]) -> Result<()> {
        for rows in rows.chunks(INSERT_ROWS) {
            let places = vec!["?"; columns.len()].join(", ");
            let places = vec![format!("({places})"); rows.len()].join(", ");
            let insert = format!("insert into {} ({}) values {places}", table.name, list(columns));
            let mut query = sqlx::query(AssertSqlSafe(insert));
            for value in rows.iter().flatten() {
                query = match value {
                    Value::Null => query.bind(None::<i64>),
                    Value::Uuid(id) => query.bind(*id),
                    Value::Int(number) => query.bind(*number),
                    Value::Bool(is_true) => query.bind(*is_true),
                    Value::Text(text) => query.bind(text),
                    Value::Blob(bytes) => query.bind(bytes),
                };
            }
            query.execute(&mut *self.live.tx).await.map_err(Error::database("written"))?;
        }
        Ok(())
    }

    async fn finish(self: Box<Self>, epoch: Uuid) -> Result<()> {
        let Self { path, mut live, partial, old, triggers } = *self;
        let fail = Error::database("written");
        for trigger in triggers {
            sqlx::query(AssertSqlSafe(trigger)).execute(&mut *live.tx).await.map_err(&fail)?;
        }
        migrate_to(&mut live, None).await?;
        live.begin_epoch(epoch).await?;
        live.commit().await.map_err(&fail)?;
        if let Some(mut old) = old {
            // What its log has moves into the file, and the log is removed.
            sqlx::query("pragma journal_mode = delete").execute(&mut old).await.map_err(&fail)?;
            old.close().await.map_err(&fail)?;
        }
        // The log of a database that could not be read would be taken for one of the new file.
        for log in ["-wal", "-shm", "-journal"] {
            let mut name = path.clone().into_os_string();
            name.push(log);
            drop(std::fs::remove_file(name));
        }
        partial.complete()
    }
}
