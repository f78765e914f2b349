//! Plays attacks against real nodes, with one ordinary account or none, and two honest people beside each who talk
//! meanwhile. Prints which bound each attack met and what the honest people noticed; the exit code is 1 where one fell.
//!
//! Started by `end2end/abuse`. Every request goes to this machine's loopback addresses and is bounded in number and time.

mod attacks;
mod environment;
mod honest;
mod http;
mod nginx;
mod proxy;
mod table;
mod ws;

use environment::World;
use std::process::ExitCode;
use testbed::Error;
use testbed::servers::{Place, Postgres, Redis};

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
            eprintln!("abuse: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every attack met its bound.
async fn run() -> Result<bool, Error> {
    let place = Place::from_env("ABUSE")?;
    let is_short = std::env::var("ABUSE").is_ok_and(|form| form == "short");
    let postgres = Postgres::create(&place).await?;
    let redis = Redis::start(&place).await?;
    let mut world = World { place, postgres, redis, is_short };
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let done = attacks::play(&world, &wanted).await;
    world.postgres.stop().await?;
    let rows = done?;
    table::print(&rows);
    Ok(rows.iter().all(table::Row::is_good))
}
