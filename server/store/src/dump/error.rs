//! Why a backup could not be written, verified or restored: sentences for the operator, without the driver's types.

use super::tables::Table;
use std::path::{Path, PathBuf};

/// What a step of a backup answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Each variant is a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither form of a backup.
    #[error("{}: this file is not a backup of Jackdaw. Name a file that `jackdaw backup` wrote", .0.display())]
    Foreign(PathBuf),
    /// A backup in a form of another version.
    #[error("{}: this program does not know the form of this backup. Use the version of Jackdaw that wrote it, or a later one", .0.display())]
    OtherForm(PathBuf),
    /// An SQLite database without a manifest.
    #[error(
        "{}: this SQLite database has no manifest, so `jackdaw backup` did not write it and it cannot be verified. To use it \
         nevertheless, stop Jackdaw, put the file in place of the database, and run `jackdaw restored`", .0.display()
    )]
    NoManifest(PathBuf),
    /// The file ends too early.
    #[error("{}: the end of this backup is missing. Use another backup, or copy this one again from where it came", .0.display())]
    Truncated(PathBuf),
    /// Content and hashes differ.
    #[error("{}: this backup is damaged ({what}). Use another backup, or copy this one again from where it came", file.display())]
    Damaged { file: PathBuf, what: String },
    /// Written by a later version of the program.
    #[error(
        "{}: this backup was made by a later version of Jackdaw (schema {schema}, this program knows {known}). Use that version", file.display()
    )]
    Newer { file: PathBuf, schema: i64, known: i64 },
    /// A later version of the program has used the database.
    #[error(
        "the database was made by a later version of Jackdaw (schema {schema}, this program knows {known}). Use that version"
    )]
    NewerDatabase { schema: i64, known: i64 },
    /// A database that does not exist, or without Jackdaw's tables.
    #[error("{0}: there is no database of Jackdaw. Set DATABASE_URL or DATA_DIR to those of the server")]
    NoDatabase(String),
    /// Restoring would remove rows.
    #[error(
        "the database is not empty (there are rows in table {table}). Restore into an empty one, or add --replace to remove all that it has"
    )]
    NotEmpty { table: &'static str },
    /// A database with tables of another program.
    #[error("{}: this is the database of another program. Restore into another file, or add --replace to overwrite it", .0.display())]
    ForeignDatabase(PathBuf),
    /// The database is in use.
    #[error("{0}")]
    InUse(String),
    /// The rows that were written are not those of the backup.
    #[error(
        "the database did not store table {table} as the backup has it, so nothing was changed. Report this as a bug"
    )]
    NotAsWritten { table: &'static str },
    /// A file cannot be read or written.
    #[error("{}: {what}: {error}{}", file.display(), advice(error))]
    File { file: PathBuf, what: &'static str, error: std::io::Error },
    /// The database's own failure.
    #[error("the database cannot be {what}: {text}")]
    Database { what: &'static str, text: String },
}

const FULL: &str = ". Free space, or choose another place";
/// A full disk, as SQLite and PostgreSQL say it.
const FULL_CODES: [&str; 2] = ["13", "53100"];

/// What to do about a file that cannot be used.
fn advice(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::FileTooLarge | ErrorKind::QuotaExceeded => FULL,
        ErrorKind::PermissionDenied => ". Run this as the user that the server runs as, or choose another place",
        _ => "",
    }
}

impl Error {
    pub(crate) fn file(file: &Path, what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.to_owned();
        move |error| Self::File { file, what, error }
    }

    pub(crate) fn damaged(file: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }

    pub(crate) fn not_empty(table: &Table) -> Self {
        Self::NotEmpty { table: table.name }
    }

    /// The database failed while it was `what` (read, written, …).
    pub(crate) fn database(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            let advice = if code.is_some_and(|code| FULL_CODES.contains(&code.as_ref())) { FULL } else { "" };
            Self::Database { what, text: format!("{error}{advice}") }
        }
    }
}
