//! The scenarios by name, and what is usual in each.

mod backup;
mod churn;
mod deletion;
mod herd;
mod history;
mod idle;
mod knee;
mod overload;
mod rolling;
mod slow;
mod stalls;
mod steady;
mod storm;

use crate::environment::{Case, World};
use crate::options::Options;
use crate::report::Row;
use crate::target::Target;
use std::time::Duration;
use testbed::Error;

/// What is run where nothing is named.
const DEFAULT: [&str; 6] = ["steady", "rooms100", "rooms1000", "knee", "tenk", "sockets"];
/// What both targets do in a comparison.
const COMPARED: [&str; 5] = ["steady", "rooms100", "rooms1000", "knee", "tenk"];

/// One node, 1,000 sockets, rooms of 10.
pub(crate) const USUAL: Case = Case {
    name: "steady",
    target: Target::Jackdaw,
    nodes: 1,
    connections: 1_000,
    members: 10,
    rate: 500.0,
    length: Duration::from_secs(10),
    pace: 1_000,
    processes: 1,
    on_first: None,
    slow: 0,
    body: crate::body::LENGTH,
    are_engines: false,
};

/// The names that are wanted.
pub(crate) fn names(options: &Options) -> Vec<String> {
    let usual: &[&str] = if options.is_comparison { &COMPARED } else { &DEFAULT };
    if options.scenarios.is_empty() {
        usual.iter().map(|name| (*name).to_owned()).collect()
    } else {
        options.scenarios.clone()
    }
}

/// The cases of a scenario that is one or more steady rows; none where it is something else.
fn rows(name: &str) -> Option<Vec<Case>> {
    let cases = match name {
        "steady" => vec![USUAL, Case { rate: 3_000.0, ..USUAL }],
        "rooms100" => vec![Case { name: "rooms100", members: 100, rate: 900.0, ..USUAL }],
        "rooms1000" => vec![Case { name: "rooms1000", members: 1_000, rate: 60.0, ..USUAL }],
        "tenk" => vec![Case { name: "tenk", nodes: 4, connections: 10_000, rate: 1_000.0, ..USUAL }],
        "sockets" => {
            vec![Case { name: "sockets", connections: 19_000, rate: 100.0, length: Duration::from_secs(5), ..USUAL }]
        }
        _ => return None,
    };
    Some(cases)
}

/// Runs one scenario for each of these targets in turn.
pub(crate) async fn run(
    world: &mut World,
    name: &str,
    options: &Options,
    targets: &[Target],
    mut told: impl FnMut(&Row),
) -> Result<Vec<Row>, Error> {
    // In turn, so that what else happens on the machine meets both.
    let rounds = if name == "churn" { 1 } else { options.rounds.unwrap_or(1) };
    let targets = targets.repeat(rounds);
    let mut done = Vec::new();
    let mut tell = |row: Row| {
        told(&row);
        done.push(row);
    };
    if let Some(mut cases) = rows(name) {
        // With a rate from outside all are the same.
        cases.truncate(if options.has_rate() { 1 } else { cases.len() });
        for case in cases {
            for target in &targets {
                let case = options.apply(Case { target: *target, ..case.clone() });
                tell(steady::run(world, case).await?);
            }
        }
        return Ok(done);
    }
    for target in targets {
        tell(run_one(world, name, options, target).await?);
    }
    Ok(done)
}

/// A scenario that is more than one rate.
async fn run_one(world: &mut World, name: &str, options: &Options, target: Target) -> Result<Row, Error> {
    let of = |case: Case| options.apply(Case { target, ..case });
    let seconds = Duration::from_secs;
    match name {
        "knee" => knee::run(world, of(Case { name: "knee", length: seconds(5), processes: 2, ..USUAL })).await,
        "storm" => {
            let case = Case { name: "storm", nodes: 3, connections: 10_000, on_first: Some(60), ..USUAL };
            storm::run(world, of(Case { length: seconds(15), pace: 2_000, ..case })).await
        }
        "slow" => {
            // Long messages, so that what the system (4 MB) and the node keep for a reader is soon full.
            let case = Case { name: "slow", connections: 200, members: 100, rate: 160.0, slow: 100, ..USUAL };
            slow::run(world, of(Case { length: seconds(20), body: 7_000, ..case })).await
        }
        "stalls" => {
            let case = Case { name: "stalls", connections: 10_000, rate: 1_000.0, length: seconds(75), ..USUAL };
            stalls::run(world, of(case)).await
        }
        "idle" => {
            let case = Case { name: "idle", connections: 10_000, rate: 0.0, length: seconds(60), ..USUAL };
            idle::run(world, of(case)).await
        }
        "churn" => {
            let case = Case { name: "churn", connections: 2_000, length: seconds(3), pace: 2_000, ..USUAL };
            churn::run(world, of(case), options.rounds.unwrap_or(churn::ROUNDS)).await
        }
        "overload" => {
            let case = Case { name: "overload", length: seconds(10), processes: 1, ..USUAL };
            overload::run(world, of(case)).await
        }
        "rolling" | "history" | "herd" | "deletion" | "backup" if target != Target::Jackdaw => {
            Err(format!("{name} is for jackdaw alone: it uses its own engines and routes").into())
        }
        "rolling" => {
            let case = Case { name: "rolling", nodes: 3, connections: 300, rate: 150.0, ..USUAL };
            rolling::run(world, of(case)).await
        }
        "herd" => {
            let case = Case { name: "herd", connections: 300, members: 30, ..USUAL };
            herd::run(world, of(case)).await
        }
        "deletion" => {
            let case = Case { name: "deletion", connections: 200, rate: 200.0, length: seconds(30), ..USUAL };
            deletion::run(world, of(case), options.millions.unwrap_or(5.0)).await
        }
        "backup" => {
            let case = Case { name: "backup", connections: 200, rate: 200.0, length: seconds(5), ..USUAL };
            backup::run(world, of(case), options.millions.unwrap_or(1.0)).await
        }
        "history" => {
            let case = Case { name: "history", connections: 100, rate: 200.0, ..USUAL };
            history::run(world, of(case), options.millions.unwrap_or(1.0)).await
        }
        _ => Err(format!("{name} is not a scenario; see --help").into()),
    }
}
