//! Deliveries in short windows over a long time: whether background tasks of a node hold some of them up.
//!
//! Beside the latencies, in which every other program of the machine shows as well, stands the cause itself: the longest time
//! for which background work of the node held a thread without giving way.

use crate::environment::{Case, Cpu, Environment, World};
use crate::latency::Latencies;
use crate::report::Row;
use std::time::Duration;
use testbed::Error;

/// Of each window.
const WINDOW: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let (rate, length) = (case.rate, case.length);
    let mut environment = Environment::set(world, Case { length: WINDOW, ..case }).await?;
    let windows = (length.as_secs_f64() / WINDOW.as_secs_f64()).ceil().max(1.0) as usize;
    let mut all = None;
    let (mut tails, mut cpu) = (Vec::new(), Cpu::default());
    for _ in 0..windows {
        let (tally, used) = environment.measure(world, rate).await?;
        tails.push(ms(&tally.deliveries));
        cpu = cpu + used;
        match &mut all {
            None => all = Some(tally),
            Some(all) => all.merge(&tally),
        }
    }
    let tally = all.unwrap_or_default();
    let held =
        longest_poll(&environment.cluster.nodes[0].metrics().await?).ok_or("the node does not tell its polls")?;
    let told: Vec<_> = tails.iter().map(|tail| format!("{tail:.1}")).collect();
    println!("  p99.9 of each {} s, in ms: {}", WINDOW.as_secs(), told.join(" "));
    tails.sort_unstable_by(f64::total_cmp);
    let (median, worst) = (tails[tails.len() / 2], tails[tails.len() - 1]);
    Ok(Row::of(&environment, rate, &tally, cpu)
        .with("ms delivery p99.9 of the median window", median)
        .with("ms delivery p99.9 of the worst window", worst)
        .with("ms between the two", worst - median)
        .with("ms at most for which background work held a thread", held * 1e3))
}

/// The upper bound of the highest bucket that something fell into, in seconds.
fn longest_poll(metrics: &str) -> Option<f64> {
    const BUCKET: &str = "jackdaw_background_poll_seconds_bucket{le=\"";
    let buckets = metrics.lines().filter_map(|line| line.strip_prefix(BUCKET)?.split_once("\"} "));
    let buckets: Vec<(&str, u64)> = buckets.filter_map(|(le, count)| Some((le, count.parse().ok()?))).collect();
    let all = buckets.last()?.1;
    buckets.iter().find(|(_, count)| *count == all).map(|(le, _)| le.parse().unwrap_or(f64::INFINITY))
}

fn ms(latencies: &Latencies) -> f64 {
    latencies.percentile(99.9).as_secs_f64() * 1e3
}
