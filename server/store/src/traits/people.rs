//! Names of people by version: a change of a name takes the next value of one counter, `people_rev`, under its row's lock, so
//! that the order of the counter is commit order. A device requests what changed since the value that it knows.

use crate::Result;
use protocol::{Person, UserId};

/// Names of people, and which of them changed.
#[async_trait::async_trait]
pub trait People {
    /// The counter of changed names.
    async fn people_rev(&self) -> Result<i64>;
    /// Those of these people whose names were changed after `since`; -1 for all of them. In no order.
    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>>;
    /// People whose names were changed after `since`, in the order of the changes, `limit` at most.
    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>>;
    /// Looks at `most` names that were stored without it, by an earlier version or before there were skeletons. Returns how many.
    async fn settle_names(&self, most: i64) -> Result<u64>;
}
