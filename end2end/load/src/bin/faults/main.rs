//! Runs real devices against three real nodes while something fails: a node, Redis, PostgreSQL, the bus between
//! them; or while a backup is written and takes the database's place.
//!
//! Each run has a database of its own and ends with a checker that holds every device against it; the exit code is 1
//! where anything differs. Started by `end2end/faults`, which says where the programs and a folder are.

mod bus;
mod environment;
mod report;
mod runs;

use report::Report;
use std::process::ExitCode;
use testbed::Error;
use testbed::servers::{Place, Postgres, Redis};

/// What all runs share.
struct World {
    place: Place,
    postgres: Postgres,
    redis: Redis,
    /// Everything that is drawn in a run follows from it, but not what the machine makes of it.
    seed: u64,
    /// Fewer faults, for CI.
    is_short: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    // Dropping a run ends what it started.
    let done = tokio::select! {
        done = run() => done,
        _ = tokio::signal::ctrl_c() => return ExitCode::from(130),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing differed.
async fn run() -> Result<bool, Error> {
    let place = Place::from_env("FAULTS")?;
    let seed = match std::env::var("FAULTS_SEED") {
        Ok(text) => text.parse().map_err(|_| format!("FAULTS_SEED={text}: must be a whole number"))?,
        Err(_) => fastrand::u64(..1_000_000),
    };
    let is_short = std::env::var("FAULTS").is_ok_and(|form| form == "short");
    println!("seed {seed}{}; logs in {}", if is_short { ", short" } else { "" }, place.folder.display());
    let postgres = Postgres::create(&place).await?;
    let redis = Redis::start(&place).await?;
    let mut world = World { place, postgres, redis, seed, is_short };
    let done = run_all(&mut world).await;
    world.postgres.stop().await?;
    done
}

async fn run_all(world: &mut World) -> Result<bool, Error> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let mut reports: Vec<Report> = Vec::new();
    if is_wanted("nodes") {
        reports.push(runs::nodes(world).await?);
    }
    if is_wanted("redis") {
        reports.push(runs::redis(world).await?);
    }
    if is_wanted("postgres") {
        reports.push(runs::postgres(world).await?);
    }
    if is_wanted("backup") {
        reports.push(runs::backup(world).await?);
    }
    if is_wanted("bus") {
        reports.push(runs::bus(world).await?);
    }
    report::print(&reports);
    Ok(reports.iter().all(Report::is_clean))
}
