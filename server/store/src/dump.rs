//! The content of a database as a backup has it: every table's rows in one canonical form, which is the same for both engines, with
//! a manifest of counts and hashes. What is read from or written to an engine stands beside its SQL.

mod error;
mod file;
mod lines;
mod manifest;
mod pace;
mod progress;
mod row;
mod sums;
mod tables;

pub use error::{Error, Result};
pub use file::PartialFile;
pub(crate) use lines::{LineReader, is_lines, write_lines};
pub use manifest::{Engine, Manifest, TableSum};
pub(crate) use manifest::{FORMAT, hex, sha256};
pub(crate) use pace::Pacer;
pub use progress::{Progress, Report};
pub(crate) use row::{Row, Value};
pub(crate) use sums::{check_sums, sum};
pub(crate) use tables::tables_at;
pub use tables::{Column, Kind, TABLES, Table};

use futures_util::stream::BoxStream;
use uuid::Uuid;

/// Where rows come from: a database, or the file of a backup.
pub(crate) trait Rows: Send {
    /// The rows of one table in the order of its key. Tables are read in the order of the list.
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>>;
}

/// A database that a backup is written into. Nothing of it can be seen before [`Target::finish`]; dropped before that, it leaves
/// the database as it was.
#[async_trait::async_trait]
pub(crate) trait Target: Rows {
    /// Makes the tables of this version of the schema, without rows.
    async fn prepare(&mut self, schema: i64) -> Result<()>;
    /// Stores rows of one table.
    async fn insert(&mut self, table: &'static Table, columns: &[&'static Column], rows: &[Row]) -> Result<()>;
    /// Begins the epoch, brings the schema up to date, and replaces the database's content.
    async fn finish(self: Box<Self>, epoch: Uuid) -> Result<()>;
}
