//! Sockets on which nothing is said: what each costs in processor time and memory, heartbeats included.

use crate::environment::{Case, Environment, World};
use crate::report::Row;
use testbed::Error;
use tokio::time::sleep;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let mut environment = Environment::set(world, case).await?;
    let before = environment.cpu(world);
    sleep(environment.case.length).await;
    let used = environment.cpu(world) - before;
    environment.cluster.check()?;
    let sockets = environment.case.connections as f64;
    let micros = |seconds: f64| seconds * 1e6 / sockets / environment.case.length.as_secs_f64();
    let mut row = Row::empty(&environment.case)
        .with("µs of the node for a socket and second", micros(used.nodes))
        .with("µs of PostgreSQL for a socket and second", micros(used.postgres))
        .with("µs of Redis for a socket and second", micros(used.redis))
        .with("MB of the node at the end", environment.resident_mb());
    row.cpu_seconds = used;
    row.node_base_mb = environment.base_kb as f64 / 1_024.0;
    row.kb_per_connection = environment.full_kb.saturating_sub(environment.base_kb) as f64 / sockets;
    Ok(row)
}
