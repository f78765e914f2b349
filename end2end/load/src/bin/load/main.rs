//! Measures nodes under many connections: how long messages take, whether all arrive, once and in order, and what that
//! costs. Started by `end2end/load/run`, which says where the programs and a folder are.
//!
//! The connections are in processes of their own, which this program starts as itself.

mod body;
mod client;
mod client_processes;
mod environment;
mod latency;
mod options;
mod pipe;
mod report;
mod scenarios;
mod target;
mod usage;

use environment::World;
use options::Options;
use report::{Row, pair, table};
use std::process::ExitCode;
use target::Target;
use testbed::Error;
use testbed::servers::{Place, Postgres, Redis};

fn main() -> ExitCode {
    let done = if std::env::args().nth(1).as_deref() == Some(client_processes::ROLE) {
        client::main().map(|()| true)
    } else {
        drive()
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost, doubled or out of order.
fn drive() -> Result<bool, Error> {
    let options = Options::read(std::env::args().skip(1), |name| std::env::var(name).ok())?;
    if options.wants_help {
        println!("{}", options::HELP);
        return Ok(true);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        // Dropping a run ends what it started.
        tokio::select! {
            done = run(&options) => done,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    })
}

async fn run(options: &Options) -> Result<bool, Error> {
    let place = Place::from_env("LOAD")?;
    let postgres = Postgres::create(&place).await?;
    let redis = Redis::start(&place).await?;
    let mut world = World { place, postgres, redis, environments: 0 };
    let done = run_all(&mut world, options).await;
    world.postgres.stop().await?;
    done
}

async fn run_all(world: &mut World, options: &Options) -> Result<bool, Error> {
    let chosen = [options.target.unwrap_or(Target::Jackdaw)];
    let targets: &[Target] = if options.is_comparison { &[Target::Jackdaw, Target::SocketIo] } else { &chosen };
    let mut rows: Vec<Row> = Vec::new();
    table::head();
    for name in scenarios::names(options) {
        rows.extend(scenarios::run(world, &name, options, targets, table::line).await?);
    }
    if options.is_comparison {
        table::ratios(&pair::pairs(&rows));
    }
    if let Some(path) = &options.json {
        report::save(path, &rows)?;
    }
    Ok(rows.iter().filter(|row| row.target == Target::Jackdaw.name()).all(|row| row.is_clean))
}
