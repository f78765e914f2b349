//! Counting and hashing rows, and comparing the result with a manifest.

use super::manifest::{TableSum, hex};
use super::row::encode;
use super::tables::tables_at;
use super::{Progress, Result, Rows, Table};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

/// After so many rows other tasks of the thread have their turn.
pub(super) const YIELD_ROWS: u64 = 1_000;

/// Where the canonical form of the rows goes beside the hash.
pub(crate) trait Sink: Send {
    /// A table begins.
    fn table(&mut self, table: &'static Table, schema: i64) -> Result<()>;
    /// A row of it, with its line break.
    fn row(&mut self, line: &[u8]) -> Result<()>;
    /// How long to pause after rows that took so long.
    fn pause(&self, took: Duration) -> Duration;
}

/// Only the hash is wanted.
pub(super) struct NoSink;

impl Sink for NoSink {
    fn table(&mut self, _: &'static Table, _: i64) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn pause(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
}

/// Counts and hashes all rows at a version of the schema.
pub(crate) async fn sum(source: &mut dyn Rows, schema: i64, progress: &Progress) -> Result<Vec<TableSum>> {
    sum_into(source, schema, progress, &mut NoSink).await
}

/// As [`sum`], and hands each row on.
pub(super) async fn sum_into(
    source: &mut dyn Rows,
    schema: i64,
    progress: &Progress,
    sink: &mut dyn Sink,
) -> Result<Vec<TableSum>> {
    let mut sums = Vec::new();
    let mut line = Vec::new();
    for table in tables_at(schema) {
        sink.table(table, schema)?;
        let columns = table.columns_at(schema);
        let (mut count, mut hash) = (0_u64, Sha256::new());
        let mut rows = source.rows(table, &columns);
        let mut begun = Instant::now();
        while let Some(row) = rows.try_next().await? {
            line.clear();
            encode(&row, &mut line);
            hash.update(&line);
            sink.row(&line)?;
            count += 1;
            if count.is_multiple_of(YIELD_ROWS) {
                progress.add(YIELD_ROWS);
                match sink.pause(begun.elapsed()) {
                    Duration::ZERO => tokio::task::yield_now().await,
                    pause => tokio::time::sleep(pause).await,
                }
                begun = Instant::now();
            }
        }
        progress.add(count % YIELD_ROWS);
        sums.push(TableSum { name: table.name.to_owned(), rows: count, sha256: hex(&hash.finalize()) });
    }
    Ok(sums)
}

/// The first table whose sum is another one, if there is one.
pub(crate) fn check_sums(schema: i64, expected: &[TableSum], found: &[TableSum]) -> Option<&'static str> {
    let mut expected = expected.iter();
    let differs = |table: &&Table| {
        let expected = expected.next();
        expected.is_none() || expected != found.iter().find(|sum| sum.name == table.name)
    };
    let first = tables_at(schema).find(differs).map(|table| table.name);
    first.or_else(|| expected.next().map(|_| "that is not known"))
}
