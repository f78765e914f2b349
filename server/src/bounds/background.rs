//! Tasks that run by themselves.

use super::{Area, bound};
use crate::chat::epoch;
use crate::run;
use crate::run::database;

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(time run::FORGET_EVERY, "node: interval at which idle rate limits and sessions are evicted", "nothing", ""),
        bound!(time database::HEADS_EVERY, "node: interval of the check of heads", "a lost message comes that much later", ""),
        bound!(time database::REPAIR_EVERY, "node: interval of the whole repair", "a lost change of membership comes that much later", ""),
        bound!(count database::PURGE_ROWS, "transaction: rows of deleted rooms that it removes", "nothing", "delete-room"),
        bound!(time database::PURGE_TIME, "transaction: time that removing them is to take", "a message waits that long", "delete-room"),
        bound!(time database::PURGE_EVERY, "node: interval at which rooms that another node deleted are looked for", "nothing", ""),
        bound!(ms database::REFUSED_MS, "refused message: time for which it gets the same answer again", "`nack`, or 404", ""),
        bound!(ms epoch::SPREAD_MS, "connection: delay of its return after a new epoch", "`goaway`", ""),
    ];
    Area { title: "Background tasks", rows }
}
