//! Twice as many messages as a node can take: how many it still takes, and whether the rest is refused in time.
//!
//! The node is bound to one processor, of which it gets an eighth: programs that only count share it. With all of it, the node
//! takes more than the driver can offer twice. The driver and the services share the other processor, where the services go first:
//! a driver that is late offers its messages later, while a database that starves would be measured in the node's place.

use super::knee;
use crate::environment::{Case, Environment, World};
use crate::report::Row;
use crate::usage;
use std::time::Duration;
use testbed::Error;

/// After which a client gives a connection up that does not answer.
const GIVES_UP: Duration = Duration::from_secs(15);
/// Of the highest goodput, how much must be left.
const LEFT: f64 = 0.9;
/// A rate of which less than this is taken is beyond the peak.
const SATURATED: f64 = 0.85;
/// Programs that share the node's processor.
const NEIGHBOURS: usize = 7;
/// Steps beyond the knee at most.
const STEPS: usize = 8;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    if std::thread::available_parallelism().map_or(1, std::num::NonZero::get) < 2 {
        return Err("overload needs two processors".into());
    }
    let first = case.rate;
    let mut environment = Environment::set(world, case).await?;
    let nodes: Vec<u32> = environment.cluster.nodes.iter().filter_map(|node| node.pid()).collect();
    for pid in &nodes {
        usage::pin(Some(*pid), "0").await?;
    }
    for pid in [world.postgres.pid(), world.redis.pid(), Some(std::process::id())].into_iter().flatten() {
        // Processes of PostgreSQL and of the driver that started meanwhile, too; one that has ended needs nothing.
        for pid in usage::tree(pid).into_iter().filter(|pid| !nodes.contains(pid)) {
            let _ = usage::pin(Some(pid), "1").await;
        }
    }
    let mut neighbours = Vec::new();
    for _ in 0..NEIGHBOURS {
        let mut neighbour = world.place.program("sh", "neighbour").args(["-c", "while :; do :; done"]);
        neighbour.start()?;
        usage::pin(neighbour.pid(), "0").await?;
        neighbours.push(neighbour);
    }
    // Last: what it starts inherits it.
    usage::run_when_idle(std::process::id()).await?;
    let knee = knee::search(world, &mut environment, first).await?.rate;
    // Beyond the knee more is still taken, only later: until it grows no further.
    let (mut peak, mut rate) = (knee, knee);
    for _ in 0..STEPS {
        rate *= 1.5;
        let (tally, _) = environment.measure(world, rate).await?;
        peak = peak.max(tally.goodput());
        println!("  {rate:>8.0} messages/s: {:.0} taken a second{}", tally.goodput(), tally.trouble());
        if tally.goodput() < rate * SATURATED {
            break;
        }
    }
    // Not of the knee, which is never above the peak and which one slow moment of the machine can make too low.
    let rate = peak * 2.0;
    let (tally, cpu) = environment.measure(world, rate).await?;
    let unanswered = tally.due - tally.acknowledged - tally.refused;
    let share = tally.goodput() / peak;
    let slowest = tally.acks.max();
    let mut row = Row::of(&environment, rate, &tally, cpu)
        .with("messages/s at the knee", knee)
        .with("messages/s taken at the peak", peak)
        .with("messages/s taken at twice the peak", tally.goodput())
        .with("of the peak", share)
        .with("messages refused, to be sent again", tally.refused as f64)
        .with("messages without an answer", unanswered as f64)
        .with("s until the slowest acknowledgement", slowest.as_secs_f64());
    // Refused is not lost.
    row.is_clean = tally.lost == 0
        && tally.doubled == 0
        && tally.disordered == 0
        && unanswered == 0
        && tally.closed == 0
        && share >= LEFT
        && slowest <= GIVES_UP;
    Ok(row)
}
