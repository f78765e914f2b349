//! Backups on SQLite: a copy that the engine itself makes of one moment (`vacuum into`), with a manifest as a table of its own.

use super::sql::Live;
use crate::dump::{Engine, Error, Manifest, Pacer, PartialFile, Progress, Result, sha256, sum};
use parking_lot::Mutex;
use protocol::UnixMillis;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row as _};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How often the size of a growing copy is looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
/// After so many instructions of its virtual machine SQLite lets the copy be written to the disk. A row takes four or five.
const PACE_INSTRUCTIONS: i32 = 2_000;
/// How long others that have the file locked are waited for.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Rows that the driver reads ahead of those that are used: by default so few that threads wait for each other.
pub(super) const READ_AHEAD: usize = 1_000;
/// By which a database file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The file that a URL names, and how it is opened.
pub(super) fn database(url: &str) -> Result<(PathBuf, SqliteConnectOptions)> {
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
    let unsynced = || Error::file(to.path(), "the backup cannot be written to the disk");
    let mut connection = options.connect().await.map_err(&fail)?;
    let size = sqlx::query_scalar("select page_count * page_size from pragma_page_count, pragma_page_size");
    let size: i64 = size.fetch_one(&mut connection).await.map_err(&fail)?;
    progress.bytes("copying", u64::try_from(size).ok());
    let failure = Arc::<Mutex<Option<io::Error>>>::default();
    pace(&mut connection, to.pacer()?, Arc::clone(&failure)).await.map_err(&fail)?;
    let path = to.path().display().to_string();
    let copying = sqlx::query("vacuum into $1").bind(path).execute(&mut connection);
    let watching = async {
        loop {
            tokio::time::sleep(WATCH_INTERVAL).await;
            progress.set(to.path().metadata().map_or(0, |metadata| metadata.len()));
        }
    };
    let copied = tokio::select! {
        copied = copying => copied.map(drop),
        () = watching => Ok(()),
    };
    match failure.lock().take() {
        Some(error) => Err(unsynced()(error)),
        None => copied.map_err(&fail),
    }?;
    connection.close().await.map_err(&fail)
}

/// Lets a connection write a growing file to the disk step by step while it executes a statement. An error interrupts the statement.
async fn pace(
    connection: &mut SqliteConnection,
    mut pacer: Pacer,
    failure: Arc<Mutex<Option<io::Error>>>,
) -> std::result::Result<(), sqlx::Error> {
    let grown = move || {
        let failed = pacer.grown().err();
        let is_well = failed.is_none();
        *failure.lock() = failed;
        is_well
    };
    connection.lock_handle().await?.set_progress_handler(PACE_INSTRUCTIONS, grown);
    Ok(())
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
