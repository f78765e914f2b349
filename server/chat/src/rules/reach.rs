//! The byte limits of frames and responses. Values of a [`super::Chat`], so that the simulation can make them small enough to be
//! reached in every run.

use protocol::limits::{BATCH_ROWS, PAGE_DEFAULT};
use store::Limit;

/// Bytes of rows per `messages:offline` or `room:reset`. The device requests the rest of a longer batch part by part.
pub const BATCH_BYTES: usize = 128 * 1024;
/// Bytes of rows with which a node fills one gap for all connections in a room. For a larger gap it sends the heads, and each
/// device requests batches at its own pace.
pub const FILL_BYTES: usize = 256 * 1024;
/// Bytes of rows in one page of history over REST. A longer page has fewer rows, and a cursor for the rest.
pub const PAGE_BYTES: usize = 256 * 1024;
/// Bytes of rooms in one page of the list in `welcome`.
pub const WELCOME_BYTES: usize = 64 * 1024;
/// Rooms in one `heads` frame; those of more rooms are several frames.
pub const HEADS_ROOMS: usize = 500;

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub batch_bytes: usize,
    pub fill_bytes: usize,
    pub page_bytes: usize,
    pub welcome_bytes: usize,
}

impl Default for Reach {
    fn default() -> Self {
        Self { batch_bytes: BATCH_BYTES, fill_bytes: FILL_BYTES, page_bytes: PAGE_BYTES, welcome_bytes: WELCOME_BYTES }
    }
}

impl Reach {
    /// What a device missed, at once.
    pub(super) const fn batch(self) -> Limit {
        Limit { rows: BATCH_ROWS, bytes: self.batch_bytes }
    }

    /// The newest rows, with which a device starts over.
    pub(super) const fn reset(self) -> Limit {
        Limit { rows: PAGE_DEFAULT, bytes: self.batch_bytes }
    }

    /// A page of history with at most this many rows.
    pub(super) const fn page(self, rows: i64) -> Limit {
        Limit { rows, bytes: self.page_bytes }
    }
}
