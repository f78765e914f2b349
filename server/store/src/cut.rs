//! Bounds a read in bytes as well as in rows: as many rows as fit, and one at least, so that it always leads on.
//!
//! Counted is what a row takes on the wire. The statements stop by what it takes in the database, which is never more than
//! that, so that they read little beyond what is sent.

use super::Limit;
use protocol::{Message, Seq};
use serde::Serialize;
use std::io::{self, Write};

/// Bytes of a value as JSON.
fn json_bytes(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written takes no room; sending it fails by itself.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// How many of the first values fit into this many bytes, with a comma each; one at least.
pub fn fitting<T: Serialize>(values: &[T], most: usize) -> usize {
    let mut bytes = 0usize;
    let fits = |value: &&T| {
        bytes += json_bytes(*value) + 1;
        bytes <= most
    };
    values.iter().take_while(fits).count().max(1).min(values.len())
}

/// Leaves the first rows that are within the limit. Whether there were more.
pub(super) fn first(rows: &mut Vec<Message>, limit: Limit) -> bool {
    let before = rows.len();
    rows.truncate(usize::try_from(limit.rows).unwrap_or(0));
    rows.truncate(fitting(rows, limit.bytes));
    rows.len() < before
}

/// Of a page, in order, leaves the rows nearest to its centre that are within the limit. Whether there were more.
pub(super) fn nearest(rows: &mut Vec<Message>, centre: Seq, limit: Limit) -> bool {
    rows.sort_by_key(|row| (row.seq.0.abs_diff(centre.0), row.seq));
    let more = first(rows, limit);
    rows.sort_by_key(|row| row.seq);
    more
}
