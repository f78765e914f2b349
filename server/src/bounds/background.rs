//! Tasks that run by themselves.

use super::{Area, bound};
use crate::run;
use crate::run::database;

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(time run::FORGET_EVERY, "node: interval at which idle rate limits and sessions are evicted", "nothing", ""),
        bound!(time database::HEADS_EVERY, "node: interval of the check of heads", "a lost message comes that much later", ""),
        bound!(time database::REPAIR_EVERY, "node: interval of the whole repair", "a lost change of membership comes that much later", ""),
    ];
    Area { title: "Background tasks", rows }
}
