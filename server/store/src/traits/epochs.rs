//! The epoch: one history of the database, in which committed rows never disappear. Numbers of different epochs are not
//! comparable.

use crate::Result;
use uuid::Uuid;

/// The epoch of the database, which a restored backup or a promoted replica replaces.
#[async_trait::async_trait]
pub trait Epochs {
    /// The epoch of the database; created with it.
    async fn epoch(&self) -> Result<Uuid>;
    /// As [`Epochs::epoch`], after a check of the database server's history. If it is not the one in which the epoch began (a
    /// replica was promoted, a backup was restored), acknowledged commits may be lost, and the epoch `next` begins.
    async fn check_epoch(&self, next: Uuid) -> Result<Uuid>;
    /// Replaces the epoch `old` by `next`, unless another node has done so already (compare and swap). Returns the present epoch.
    async fn begin_epoch(&self, old: Uuid, next: Uuid) -> Result<Uuid>;
}
