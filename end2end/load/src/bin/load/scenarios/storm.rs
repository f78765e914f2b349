//! The node with most of the connections dies. Its clients come back to the others with their cursors, as fast as they
//! are let in; everybody else goes on, and should not notice.

use crate::environment::{ARRIVAL_TIMEOUT, Case, Cpu, Environment, World};
use crate::latency::Latencies;
use crate::report::Row;
use crate::usage::unix_micros;
use std::time::Duration;
use testbed::Error;
use tokio::time::sleep;

/// All is well before.
const WELL: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    if case.nodes < 2 {
        return Err("storm needs a second node to come back to".into());
    }
    let (rate, length) = (case.rate, case.length.max(2 * WELL));
    let mut environment = Environment::set(world, case).await?;
    let (before, _) = environment.measure(world, rate).await?;
    let (client_processes, first) = (&mut environment.client_processes, &mut environment.cluster.nodes[0]);
    let killing = async {
        sleep(WELL).await;
        first.kill().await?;
        Ok::<_, Error>(unix_micros())
    };
    let (tally, killed_at) = tokio::join!(client_processes.go(rate, length, ARRIVAL_TIMEOUT), killing);
    let (tally, killed_at) = (tally?, killed_at?);
    let resumed = Duration::from_micros(tally.resumed_at.saturating_sub(killed_at));
    let mut row = Row::of(&environment, rate, &tally, Cpu::default())
        .with("connections that were cut", tally.closed as f64)
        .with("connections that had caught up", tally.resumed as f64)
        .with("s from the kill until all had caught up", resumed.as_secs_f64())
        .with("ms delivery p99 before", p99_ms(&before.deliveries))
        .with("ms delivery p99 of the others meanwhile", p99_ms(&tally.deliveries))
        .with("ms delivery p99 of and to those who were cut", p99_ms(&tally.disturbed));
    row.is_clean &= tally.resumed >= tally.closed;
    Ok(row)
}

fn p99_ms(latencies: &Latencies) -> f64 {
    latencies.percentile(99.0).as_secs_f64() * 1e3
}
