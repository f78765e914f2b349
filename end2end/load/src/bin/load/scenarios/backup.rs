//! A backup of a database with millions of messages is written while everybody talks: how much later their messages come.

use super::deletion::{calm, fill};
use crate::environment::{ARRIVAL_TIMEOUT, Case, Cpu, Environment, World};
use crate::report::Row;
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::time::sleep;

/// After the load begins, so that all of the backup falls into what is measured.
const RUN_UP: Duration = Duration::from_secs(1);
/// How late deliveries may be at the 99th percentile: so many times as late as without a backup, or so many milliseconds.
const LATER: f64 = 2.0;
const ALLOWED: f64 = 25.0;

pub(crate) async fn run(world: &mut World, case: Case, millions: f64) -> Result<Row, Error> {
    let (rate, length) = (case.rate, case.length);
    let mut environment = Environment::set(world, case).await?;
    let rows = (millions * 1e6) as i64;
    fill(&environment.url, environment.population.people[0].user.id.0, rows).await?;
    let before = calm(world, &mut environment, rate).await?;
    let file = world.place.folder.join("backup.jsonl");
    let program = |words: [&str; 2], file: &std::path::Path| {
        let program = world.place.jackdaw("backup").args(words.iter().filter(|word| !word.is_empty()));
        program.args([file]).env("DATABASE_URL", &environment.url)
    };
    let (write, verify) = (program(["backup", "--to"], &file), program(["verify", ""], &file));
    let writing = async {
        sleep(RUN_UP).await;
        let begun = Instant::now();
        write.finish().await?;
        Ok::<_, Error>(begun.elapsed())
    };
    tokio::pin!(writing);
    // Steps of load until the backup is there: each that begins before its end counts.
    let mut tally = crate::pipe::Tally::default();
    let mut took = None;
    while took.is_none() {
        let step = environment.client_processes.go(rate, length, ARRIVAL_TIMEOUT);
        tokio::pin!(step);
        let done = loop {
            tokio::select! {
                done = &mut step => break done?,
                written = &mut writing, if took.is_none() => took = Some(written?),
            }
        };
        tally.merge(&done);
    }
    environment.cluster.check()?;
    verify.finish().await?;
    let size = file.metadata()?.len();
    std::fs::remove_file(&file)?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (alone, busy) = (ms(before.acks.percentile(99.0)), ms(tally.acks.percentile(99.0)));
    let mut row = Row::of(&environment, rate, &tally, Cpu::default())
        .with("messages in the database, in millions", millions)
        .with("s until the backup was written", took.unwrap_or_default().as_secs_f64())
        .with("MB of the backup", size as f64 / 1e6)
        .with("ms acknowledgement p99 before", alone)
        .with("ms acknowledgement p99 meanwhile", busy)
        .with("ms delivery p99 before", ms(before.deliveries.percentile(99.0)))
        .with("ms delivery p99 meanwhile", ms(tally.deliveries.percentile(99.0)));
    row.is_clean &= busy <= (alone * LATER).max(ALLOWED);
    Ok(row)
}
