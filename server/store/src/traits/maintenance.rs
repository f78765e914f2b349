//! Operation of a database: its schema, its connections, and the removal of rows that are not needed any more.

use crate::{Purged, Result};
use protocol::UnixMillis;

/// Keeps a database in order; has nothing that a person asks for.
#[async_trait::async_trait]
pub trait Maintenance {
    /// Brings the schema up to date, under a lock, so that nodes which start together do it once.
    async fn migrate(&self) -> Result<()>;
    /// Pings the database.
    async fn ping(&self) -> Result<()>;
    /// Open connections, and how many of them are in use.
    fn pool(&self) -> (u32, u32) {
        (0, 0)
    }
    /// The most connections that read at the same time.
    fn readers(&self) -> u32 {
        32
    }
    /// Removes up to `most` rows of deleted rooms, in one short transaction, unless another node does or all nodes pause.
    async fn purge(&self, most: i64) -> Result<Purged>;
    /// Deletes up to `most` refusals older than `before`. Returns the count.
    async fn delete_refusals(&self, before: UnixMillis, most: i64) -> Result<u64>;
}
