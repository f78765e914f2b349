//! Tasks that run by themselves.

use super::{Area, bound};
use crate::run;
use chat::background;
use chat::hub::{delivery, gaps};
use chat::rules::{accounts, blocks, epoch, repair, sessions, sync};
use store::bounds::{ERASED_MESSAGES, ERASURE_DELAY_MS};

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(time run::EVICT_INTERVAL, "node: interval at which idle rate limits and sessions are evicted", "nothing", ""),
        bound!(time background::HEADS_INTERVAL, "node: interval of the check of heads", "a lost message comes that much later", ""),
        bound!(count background::PURGE_ROWS, "transaction: rows of deleted rooms that it removes", "nothing", "delete-room"),
        bound!(time background::PURGE_SLICE_TARGET, "transaction: time that removing them is to take", "a message waits that long", "delete-room"),
        bound!(count accounts::ERASURE_ROWS, "transaction: messages of a room that it looks at for a deleted account", "nothing", ""),
        bound!(ms ERASURE_DELAY_MS, "deleted account: time until its messages are deleted", "nothing", ""),
        bound!(count ERASED_MESSAGES, "transaction: messages of a deleted account that it deletes", "nothing", ""),
        bound!(time background::PURGE_INTERVAL, "node: interval at which rooms that another node deleted are looked for", "nothing", ""),
        bound!(ms background::REFUSED_MS, "refused message: time for which it gets the same answer again", "`nack`, or 404", ""),
        bound!(ms epoch::SPREAD_MS, "connection: delay of its return after a new epoch", "`goaway`", ""),
        bound!(count sync::HEADS_BATCH, "query of heads: rooms", "nothing", ""),
        bound!(time background::SESSIONS_INTERVAL, "node: interval of the check of sessions", "a connection of an ended session closes that much later", ""),
        bound!(count sessions::SESSIONS_BATCH, "query of sessions: people", "nothing", ""),
        bound!(time repair::REPAIR_INTERVAL, "node: interval of the comparison of people whose memberships moved", "a lost change of membership comes that much later", ""),
        bound!(count blocks::BLOCKS_BATCH, "query of blocks: people", "nothing", ""),
        bound!(count repair::VERSIONS_BATCH, "query of what moved: people", "nothing", ""),
        bound!(time repair::SLICE_INTERVAL, "node: interval of slices of everybody", "nothing", ""),
        bound!(count repair::SLICE_PEOPLE, "slice or query of memberships: people", "nothing", ""),
        bound!(time gaps::BACKOFF_MAX, "room that cannot be read: interval of tries", "its missing messages come that much later", ""),
        bound!(count delivery::MEASURE_BATCH, "slice of the measuring of queues: people", "nothing", ""),
    ];
    Area { title: "Background tasks", rows }
}
