//! Backups of a database, by its URL: written beside a running server, verified, and restored into either engine.
//!
//! Two forms with the same manifest: a copy of the SQLite file, and lines of JSON. Either can be restored into either engine.

pub use crate::dump::{
    Column, Engine, Error, Kind, Manifest, PartialFile, Progress, Report, Result, TABLES, Table, TableSum,
};

use crate::dump::{LineReader, Row, Rows, Target, check_sums, is_lines, sum, tables_at, write_lines};
use crate::{postgres, sqlite};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use protocol::UnixMillis;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use uuid::Uuid;

/// Rows that are read before they are inserted.
const INSERT_ROWS: usize = 2_000;
/// The last step of a restore, which is over in a moment and not to be interrupted.
pub const COMPLETING: &str = "completing";
/// Bytes at the beginning of a file that tell its form.
const BEGINNING: u64 = 64;

/// The form in which a backup is stored in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A copy of the SQLite file with the manifest as a table.
    Database,
    /// Lines of JSON.
    Lines,
}

impl Form {
    /// The form that a backup of this database has in a file.
    #[must_use]
    pub fn of(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Database } else { Self::Lines }
    }

    /// The end of the file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Database => "db",
            Self::Lines => "jsonl",
        }
    }
}

/// Writes a backup of the database into a file, in the form of its engine.
///
/// # Errors
/// All of [`Error`] that concern the database and the file. The file is then not complete.
pub async fn write_file(url: &str, now: UnixMillis, to: &PartialFile, progress: &Progress) -> Result<Manifest> {
    if Form::of(url) == Form::Database {
        return sqlite::copy(url, now, to, progress).await;
    }
    let mut output = std::io::BufWriter::with_capacity(1 << 20, to.pacer()?);
    write_stream(url, now, (&mut output, to.path()), progress).await
}

/// Writes a backup of the database as lines of JSON. `name` stands for the output in errors.
///
/// # Errors
/// As [`write_file`].
pub async fn write_stream(
    url: &str,
    now: UnixMillis,
    (output, name): (&mut (dyn Write + Send), &Path),
    progress: &Progress,
) -> Result<Manifest> {
    let (mut live, manifest) = open_live(url, now).await?;
    progress.rows("copying", None);
    write_lines(&mut *live, manifest, (output, name), progress).await
}

/// The manifest that a backup of the database would have now.
///
/// # Errors
/// Those of [`Error`] that concern the database.
pub async fn summarize(url: &str, now: UnixMillis, progress: &Progress) -> Result<Manifest> {
    let (mut live, mut manifest) = open_live(url, now).await?;
    manifest.tables = sum(&mut *live, manifest.schema, progress).await?;
    Ok(manifest)
}

async fn open_live(url: &str, now: UnixMillis) -> Result<(Box<dyn Rows>, Manifest)> {
    Ok(match Form::of(url) {
        Form::Database => {
            let (live, manifest) = sqlite::open(url, now).await?;
            (Box::new(live), manifest)
        }
        Form::Lines => {
            let (live, manifest) = postgres::open(url, now).await?;
            (Box::new(live), manifest)
        }
    })
}

/// An opened backup.
enum Source {
    Lines(Box<LineReader>),
    Database(Box<sqlite::Live>, Manifest),
}

impl Source {
    async fn open(path: &Path) -> Result<Self> {
        let fail = || Error::file(path, "the backup cannot be read");
        let mut beginning = Vec::new();
        File::open(path).map_err(fail())?.take(BEGINNING).read_to_end(&mut beginning).map_err(fail())?;
        let source = if is_lines(&beginning) {
            Self::Lines(Box::new(LineReader::open(path)?))
        } else if sqlite::is_database(&beginning) {
            let (live, manifest) = sqlite::open_file(path).await?;
            Self::Database(Box::new(live), manifest)
        } else {
            return Err(Error::Foreign(path.to_owned()));
        };
        let (schema, known) = (source.manifest().schema, sqlite::Live::last_schema());
        if schema > known {
            return Err(Error::Newer { file: path.to_owned(), schema, known });
        }
        Ok(source)
    }

    fn manifest(&self) -> &Manifest {
        match self {
            Self::Lines(reader) => reader.manifest(),
            Self::Database(_, manifest) => manifest,
        }
    }

    /// Reads everything and compares it with the manifest.
    async fn verify(mut self, path: &Path, progress: &Progress) -> Result<Manifest> {
        let manifest = self.manifest().clone();
        progress.rows("verifying", Some(manifest.rows()));
        let found = sum(&mut self, manifest.schema, progress).await;
        let found = found.map_err(|error| match error {
            // A page of the file that cannot be read.
            Error::Database { text, .. } => Error::damaged(path, text),
            other => other,
        })?;
        if let Some(table) = check_sums(manifest.schema, &manifest.tables, &found) {
            return Err(Error::damaged(path, format!("table {table}")));
        }
        match self {
            Self::Lines(reader) => reader.check_end()?,
            Self::Database(live, _) => live.commit().await.map_err(Error::database("read"))?,
        }
        Ok(manifest)
    }
}

impl Rows for Source {
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>> {
        match self {
            Self::Lines(reader) => reader.rows(table, columns),
            Self::Database(live, _) => live.rows(table, columns),
        }
    }
}

/// Compares the content of a backup with its manifest.
///
/// # Errors
/// `Foreign`, `NoManifest`, `Truncated`, `Damaged`, `Newer`, `File`.
pub async fn verify(file: &Path, progress: &Progress) -> Result<Manifest> {
    let mut source = Source::open(file).await?;
    if let Source::Database(live, _) = &mut source {
        progress.rows("checking indexes", None);
        sqlite::check_indexes(live, file).await?;
    }
    source.verify(file, progress).await
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The manifest of the backup.
    pub manifest: Manifest,
    /// The epoch that began.
    pub epoch: Uuid,
}

/// Replaces the content of a database by that of a backup, which is verified first, and begins the epoch `epoch`. Until the last step
/// nothing of it can be seen. The schema is that of the backup first, then brought up to date, so that an earlier backup is
/// migrated as the database that it was made from.
///
/// # Errors
/// As [`verify`]; `NotEmpty` where the database has rows and `is_replaced` is not set; `InUse` while a node or another restore uses it;
/// `NewerDatabase`, `Database`. Nothing is changed then.
pub async fn restore(
    file: &Path,
    (url, is_replaced): (&str, bool),
    epoch: Uuid,
    progress: &Progress,
) -> Result<Restored> {
    let source = Source::open(file).await?;
    let mut target: Box<dyn Target> = match Form::of(url) {
        Form::Database => Box::new(sqlite::Restore::open(url, is_replaced).await?),
        Form::Lines => Box::new(postgres::Restore::open(url, is_replaced).await?),
    };
    let manifest = source.verify(file, progress).await?;
    let mut source = Source::open(file).await?;
    target.prepare(manifest.schema).await?;
    progress.rows("restoring", Some(manifest.rows()));
    insert_all(&mut source, &mut *target, manifest.schema, progress).await?;
    progress.rows("comparing", Some(manifest.rows()));
    let stored = sum(&mut *target, manifest.schema, progress).await?;
    if let Some(table) = check_sums(manifest.schema, &manifest.tables, &stored) {
        return Err(Error::NotAsWritten { table });
    }
    progress.rows(COMPLETING, None);
    target.finish(epoch).await?;
    Ok(Restored { manifest, epoch })
}

async fn insert_all(source: &mut Source, target: &mut dyn Target, schema: i64, progress: &Progress) -> Result<()> {
    for table in tables_at(schema) {
        let columns = table.columns_at(schema);
        let mut rows = source.rows(table, &columns).try_chunks(INSERT_ROWS);
        while let Some(chunk) = rows.try_next().await.map_err(|error| error.1)? {
            target.insert(table, &columns, &chunk).await?;
            progress.add(chunk.len() as u64);
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
