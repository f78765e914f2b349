//! Everybody comes, talks a little and goes, again and again: what the node's memory is after each round.

use crate::crew::Crew;
use crate::report::Row;
use crate::stage::{ARRIVAL_TIMEOUT, Case, Stage, World};
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
    let mut stage = Stage::set(world, case).await?;
    let mut after = Vec::new();
    let mut is_whole = true;
    for round in 1..=rounds {
        let tally = stage.crew.go(rate, length, ARRIVAL_TIMEOUT).await?;
        is_whole &= tally.is_whole(true);
        stage.crew.leave().await;
        sleep(CALM).await;
        after.push(stage.resident_mb());
        println!("  round {round}: {:.1} MB after everybody has gone{}", stage.resident_mb(), tally.trouble());
        if round < rounds {
            stage.crew = Crew::enter(&stage.case, &stage.cluster.addresses(), stage.seats()).await?;
        }
    }
    stage.cluster.check()?;
    sleep(LATER).await;
    let (first, last) = (after[0], after[after.len() - 1]);
    let mut row = Row::empty(&stage.case)
        .with("MB before anybody came", stage.base_kb as f64 / 1_024.0)
        .with("MB after the first round", first)
        .with("MB after the last round", last)
        .with("MB 40 s later", stage.resident_mb())
        .with("times as much after the last round as after the first", last / first);
    row.rate = rate;
    row.is_clean = is_whole && last <= first * GROWTH;
    Ok(row)
}
