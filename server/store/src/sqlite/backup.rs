//! Backups on SQLite: a copy that the engine itself makes of one moment (`vacuum into`), with a manifest as a table of its own; and
//! restoring into a new file that takes the old one's place.

use super::sql::{Live, has_more_rows, list, migrate_to};
use crate::dump::{
    Column, Engine, Error, Manifest, PartialFile, Progress, Result, Row, Rows, TABLES, Table, Target, Value, sha256,
    sum,
};
use futures_util::stream::BoxStream;
use protocol::UnixMillis;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// How often the size of a growing copy is looked at, and what there is of it written to the disk: at the end little is left to write,
/// which messages that are stored meanwhile would wait for.
const SYNC_INTERVAL: Duration = Duration::from_millis(100);
/// How long a restore waits for others that have the file open.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Rows of one statement.
const INSERT_ROWS: usize = 100;
/// Memory for pages while a database is restored, in KiB: its largest index is filled in another order than that of its key.
const CACHE_KIB: &str = "-262144";
/// Rows that the driver reads ahead of those that are used: by default so few that threads wait for each other.
const READ_AHEAD: usize = 1_000;
/// By which a database file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The file that a URL names, and how it is opened.
fn database(url: &str) -> Result<(PathBuf, SqliteConnectOptions)> {
    let options = SqliteConnectOptions::from_str(url).map_err(Error::database("opened"))?;
    Ok((options.get_filename().to_path_buf(), options))
}

/// As the server opens it, for reading beside it.
fn reading(url: &str) -> Result<SqliteConnectOptions> {
    let (path, options) = database(url)?;
    if !path.is_file() {
        return Err(Error::NoDatabase(path.display().to_string()));
    }
    Ok(options.read_only(true).row_buffer_size(READ_AHEAD).busy_timeout(BUSY_TIMEOUT))
}

/// A transaction that reads the database, and its manifest without sums.
pub(crate) async fn open(url: &str, now: UnixMillis) -> Result<(Live, Manifest)> {
    let options = reading(url)?;
    let fail = Error::database("read");
    let mut live = Live::begin(&options, "begin").await.map_err(&fail)?;
    let known = "select 1 from sqlite_schema where name = '_sqlx_migrations'";
    if sqlx::query(known).fetch_optional(&mut *live.tx).await.map_err(&fail)?.is_none() {
        return Err(Error::NoDatabase(url.to_owned()));
    }
    let manifest = live.manifest(Engine::Sqlite, now).await?;
    Ok((live, manifest))
}

/// Copies the database into an empty file as of one moment, and adds the manifest.
pub(crate) async fn copy(url: &str, now: UnixMillis, to: &PartialFile, progress: &Progress) -> Result<Manifest> {
    // Finds what cannot be copied before anything is written.
    let (live, _) = open(url, now).await?;
    live.commit().await.map_err(Error::database("read"))?;
    copy_pages(&reading(url)?, to, progress).await?;
    let fail = Error::database("copied");
    let options = SqliteConnectOptions::new()
        .filename(to.path())
        .journal_mode(SqliteJournalMode::Delete)
        .row_buffer_size(READ_AHEAD);
    let mut live = Live::begin(&options.synchronous(SqliteSynchronous::Off), "begin immediate").await.map_err(&fail)?;
    let mut manifest = live.manifest(Engine::Sqlite, now).await?;
    progress.rows("hashing", None);
    manifest.tables = sum(&mut live, manifest.schema, progress).await?;
    let text = serde_json::to_string(&manifest)
        .map_err(|error| Error::Database { what: "copied", text: error.to_string() })?;
    let table = "create table backup_manifest (manifest text not null, sha256 text not null) strict";
    sqlx::query(table).execute(&mut *live.tx).await.map_err(&fail)?;
    let row = sqlx::query("insert into backup_manifest (manifest, sha256) values ($1, $2)");
    row.bind(&text).bind(sha256(text.as_bytes())).execute(&mut *live.tx).await.map_err(&fail)?;
    live.commit().await.map_err(&fail)?;
    Ok(manifest)
}

async fn copy_pages(options: &SqliteConnectOptions, to: &PartialFile, progress: &Progress) -> Result<()> {
    let fail = Error::database("copied");
    let mut connection = options.connect().await.map_err(&fail)?;
    let size = sqlx::query_scalar("select page_count * page_size from pragma_page_count, pragma_page_size");
    let size: i64 = size.fetch_one(&mut connection).await.map_err(&fail)?;
    progress.bytes("copying", u64::try_from(size).ok());
    let path = to.path().display().to_string();
    let copying = sqlx::query("vacuum into $1").bind(path).execute(&mut connection);
    let watching = async {
        loop {
            tokio::time::sleep(SYNC_INTERVAL).await;
            if let Ok(file) = to.file().try_clone() {
                progress.set(file.metadata().map_or(0, |metadata| metadata.len()));
                // An error shows again when the file is completed.
                drop(tokio::task::spawn_blocking(move || file.sync_data()).await);
            }
        }
    };
    tokio::select! {
        copied = copying => copied.map_err(&fail)?,
        () = watching => return Ok(()),
    };
    connection.close().await.map_err(&fail)
}

/// Whether a file may be a database: it begins as one.
pub(crate) fn is_database(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

/// Compares a file's length with what its header says.
fn check_length(path: &Path) -> Result<()> {
    let mut header = [0; 100];
    let fail = || Error::file(path, "the backup cannot be read");
    let mut file = File::open(path).map_err(fail())?;
    let length = file.metadata().map_err(fail())?.len();
    file.read_exact(&mut header).map_err(|_| Error::Truncated(path.to_owned()))?;
    let page_size = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        size => size,
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    match length.cmp(&(page_size * pages)) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(Error::Truncated(path.to_owned())),
        std::cmp::Ordering::Greater => Err(Error::damaged(path, "its length is another one than it says")),
    }
}

/// Opens a backup that [`is_database`], with its manifest.
pub(crate) async fn open_file(path: &Path) -> Result<(Live, Manifest)> {
    check_length(path)?;
    let damaged = |error: sqlx::Error| Error::damaged(path, error.to_string());
    // Nobody writes to a backup, and nothing is left behind beside it.
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).row_buffer_size(READ_AHEAD);
    let mut live = Live::begin(&options, "begin").await.map_err(damaged)?;
    let known = "select 1 from sqlite_schema where name = 'backup_manifest'";
    if sqlx::query(known).fetch_optional(&mut *live.tx).await.map_err(damaged)?.is_none() {
        return Err(Error::NoManifest(path.to_owned()));
    }
    let row =
        sqlx::query("select manifest, sha256 from backup_manifest").fetch_one(&mut *live.tx).await.map_err(damaged)?;
    let text: String = row.try_get("manifest").map_err(damaged)?;
    let stored: String = row.try_get("sha256").map_err(damaged)?;
    if sha256(text.as_bytes()) != stored {
        return Err(Error::damaged(path, "its manifest"));
    }
    let manifest = Manifest::read(text.as_bytes(), path)?.ok_or_else(|| Error::damaged(path, "its manifest"))?;
    Ok((live, manifest))
}

/// Checks what the rows do not show: that the file's indexes agree with them, in case it is used as a database as it is.
pub(crate) async fn check_indexes(live: &mut Live, path: &Path) -> Result<()> {
    let damaged = |error: sqlx::Error| Error::damaged(path, error.to_string());
    let found: String =
        sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&mut *live.tx).await.map_err(damaged)?;
    if found == "ok" { Ok(()) } else { Err(Error::damaged(path, found)) }
}

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
        for table in TABLES {
            let is_there = sqlx::query("select 1 from sqlite_schema where name = $1").bind(table.name);
            if is_there.fetch_optional(&mut connection).await?.is_some()
                && has_more_rows(&mut connection, table).await?
            {
                found = Some(table);
                break;
            }
        }
        Ok((connection, found, schema))
    };
    match locked.await {
        Ok((_, _, schema)) if schema > Live::last_schema() => {
            Err(Error::NewerDatabase { schema, known: Live::last_schema() })
        }
        Ok((_, Some(table), _)) if !is_replaced => Err(Error::not_empty(table)),
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
