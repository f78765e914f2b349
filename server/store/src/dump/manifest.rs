//! The manifest: what a backup contains, and the hashes by which it is verified.

use super::{Error, Result};
use protocol::UnixMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::path::Path;
use uuid::Uuid;

/// The form of a backup and its version. Another number means that this program cannot read it.
pub(crate) const FORMAT: &str = "jackdaw-backup/1";

/// The database engine that a backup was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Count and hash of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    pub name: String,
    pub rows: u64,
    /// SHA-256 of all rows in their canonical form, each with a line break, in hexadecimal digits.
    pub sha256: String,
}

/// What a backup contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the format of backups.
    pub format: String,
    /// The last migration of the database.
    pub schema: i64,
    pub engine: Engine,
    pub epoch: Uuid,
    /// When the backup began, in milliseconds since the Unix epoch.
    pub created_at: UnixMillis,
    /// In the order of the list of tables.
    pub tables: Vec<TableSum>,
}

/// What every version of a manifest has.
#[derive(Deserialize)]
struct Form {
    format: String,
}

impl Manifest {
    /// Reads a manifest; none where it is not one.
    ///
    /// # Errors
    /// `OtherForm` where it is one of another version.
    pub(crate) fn read(text: &[u8], file: &Path) -> Result<Option<Self>> {
        let Ok(Form { format }) = serde_json::from_slice(text) else { return Ok(None) };
        if format != FORMAT {
            return Err(Error::OtherForm(file.to_owned()));
        }
        Ok(serde_json::from_slice(text).ok())
    }

    /// The same without the sums, as a file of lines begins with it.
    pub(crate) fn without_sums(&self) -> Self {
        Self { tables: Vec::new(), ..self.clone() }
    }

    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
