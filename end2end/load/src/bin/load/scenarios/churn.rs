//! Everybody comes, talks a little and goes, again and again: what the node's memory is after each round.

use crate::client_processes::ClientProcesses;
use crate::environment::{ARRIVAL_TIMEOUT, Case, Environment, World};
use crate::report::Row;
use std::time::Duration;
use testbed::Error;
use tokio::time::sleep;

/// Rounds where none are asked for.
pub(crate) const ROUNDS: usize = 36;
/// After everybody has gone, until the memory is looked at.
const CALM: Duration = Duration::from_secs(1);
/// After the last round, until it is looked at once more.
const LATER: Duration = Duration::from_secs(40);
/// How many times as much as after the first round there may be after the last.
const GROWTH: f64 = 1.3;

pub(crate) async fn run(world: &mut World, case: Case, rounds: usize) -> Result<Row, Error> {
    let (rate, length) = (case.rate, case.length);
    let mut environment = Environment::set(world, case).await?;
    let mut after = Vec::new();
    let mut is_whole = true;
    for round in 1..=rounds {
        let tally = environment.client_processes.go(rate, length, ARRIVAL_TIMEOUT).await?;
        is_whole &= tally.is_whole(true);
        environment.client_processes.leave().await;
        sleep(CALM).await;
        after.push(environment.resident_mb());
        println!("  round {round}: {:.1} MB after everybody has gone{}", environment.resident_mb(), tally.trouble());
        if round < rounds {
            environment.client_processes =
                ClientProcesses::enter(&environment.case, &environment.cluster.addresses(), environment.views())
                    .await?;
        }
    }
    environment.cluster.check()?;
    sleep(LATER).await;
    let (first, last) = (after[0], after[after.len() - 1]);
    let mut row = Row::empty(&environment.case)
        .with("MB before anybody came", environment.base_kb as f64 / 1_024.0)
        .with("MB after the first round", first)
        .with("MB after the last round", last)
        .with("MB 40 s later", environment.resident_mb())
        .with("times as much after the last round as after the first", last / first);
    row.rate = rate;
    row.is_clean = is_whole && last <= first * GROWTH;
    Ok(row)
}
