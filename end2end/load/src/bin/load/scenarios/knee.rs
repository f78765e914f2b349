//! The highest rate at which messages still arrive in time: doubled until they do not, then bisected.

use crate::environment::{Case, Environment, World};
use crate::report::Row;
use std::time::Duration;
use testbed::Error;

/// In time is when 99 of 100 deliveries take no longer.
const IN_TIME: Duration = Duration::from_millis(250);
/// The bisection ends when it is known to a tenth.
const CLOSE_ENOUGH: f64 = 1.1;
/// No machine is asked for more.
const HIGHEST: f64 = 1_000_000.0;

/// Searches between a rate that holds and one that does not.
struct Search {
    holds: f64,
    fails: Option<f64>,
}

impl Search {
    /// The next rate to try; none where the answer is near enough.
    fn next(&self) -> Option<f64> {
        match self.fails {
            None => Some(self.holds * 2.0).filter(|rate| *rate <= HIGHEST),
            Some(fails) if fails <= self.holds * CLOSE_ENOUGH => None,
            Some(fails) => Some(f64::midpoint(self.holds, fails)),
        }
    }

    fn learn(&mut self, rate: f64, holds: bool) {
        if holds {
            self.holds = rate;
        } else {
            self.fails = Some(rate);
        }
    }
}

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let first = case.rate;
    let mut environment = Environment::set(world, case).await?;
    search(world, &mut environment, first).await
}

/// Searches in an environment, from this rate.
pub(super) async fn search(world: &World, environment: &mut Environment, first: f64) -> Result<Row, Error> {
    let (tally, cpu) = environment.measure(world, first).await?;
    let mut row = Row::of(environment, first, &tally, cpu);
    let mut search = Search { holds: first, fails: None };
    while let Some(rate) = search.next() {
        let (tally, cpu) = environment.measure(world, rate).await?;
        let is_whole = tally.is_whole(environment.case.target.keeps_order());
        let holds = is_whole && tally.deliveries.percentile(99.0) <= IN_TIME;
        let p99 = tally.deliveries.percentile(99.0).as_millis();
        println!("  {rate:>8.0} messages/s: delivery p99 {p99} ms{}", tally.trouble());
        search.learn(rate, holds);
        if holds {
            row = Row::of(environment, rate, &tally, cpu);
        }
        if !is_whole {
            // What is still on its way must not be counted against the next step.
            let (calm, _) = environment.measure(world, first).await?;
            if !calm.is_whole(environment.case.target.keeps_order()) {
                break;
            }
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_found_to_a_tenth_from_below() {
        for knee in [700.0, 1_234.0, 9_000.0, 64_000.0] {
            let mut search = Search { holds: 500.0, fails: None };
            let mut steps = 0;
            while let Some(rate) = search.next() {
                search.learn(rate, rate <= knee);
                steps += 1;
            }
            assert!(search.holds <= knee && knee <= search.holds * CLOSE_ENOUGH, "{knee}: {}", search.holds);
            assert!(steps <= 14, "{steps}");
        }
    }
}
