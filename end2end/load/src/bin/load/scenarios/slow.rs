//! Some readers stop reading. The server has to let go of them, and the others should not notice.

use crate::environment::{Case, Environment, World};
use crate::report::Row;
use testbed::Error;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let rate = case.rate;
    let mut environment = Environment::set(world, case).await?;
    let (before, _) = environment.measure(world, rate).await?;
    let (before_mb, before) = (environment.resident_mb(), (before, environment.descriptors()));
    environment.client_processes.stall().await?;
    let (tally, cpu) = environment.measure(world, rate).await?;
    let row = Row::of(&environment, rate, &tally, cpu);
    let left = before.1.saturating_sub(environment.descriptors());
    let p99 = row.delivery_ms.p99;
    Ok(row
        .with("connections that do not read", environment.case.slow as f64)
        .with("connections that the node let go of", left as f64)
        .with("ms delivery p99 while all read", before.0.deliveries.percentile(99.0).as_secs_f64() * 1e3)
        .with("ms delivery p99 of the others, while some do not", p99)
        .with("MB of the node while all read", before_mb)
        .with("MB of the node, while some do not", environment.resident_mb()))
}
