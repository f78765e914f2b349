//! Sockets on which nothing is said: what each costs in processor time and memory, heartbeats included.

use crate::report::Row;
use crate::stage::{Case, Stage, World};
use testbed::Error;
use tokio::time::sleep;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let mut stage = Stage::set(world, case).await?;
    let before = stage.cpu(world);
    sleep(stage.case.length).await;
    let used = stage.cpu(world) - before;
    stage.cluster.check()?;
    let sockets = stage.case.connections as f64;
    let micros = |seconds: f64| seconds * 1e6 / sockets / stage.case.length.as_secs_f64();
    let mut row = Row::empty(&stage.case)
        .with("µs of the node for a socket and second", micros(used.nodes))
        .with("µs of PostgreSQL for a socket and second", micros(used.postgres))
        .with("µs of Redis for a socket and second", micros(used.redis))
        .with("MB of the node at the end", stage.resident_mb());
    row.cpu_seconds = used;
    row.node_base_mb = stage.base_kb as f64 / 1_024.0;
    row.kb_per_connection = stage.full_kb.saturating_sub(stage.base_kb) as f64 / sockets;
    Ok(row)
}
