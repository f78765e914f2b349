//! Pages of history out of very many stored messages, from random places, as a page asks for them while one scrolls.

use crate::environment::{self, ARRIVAL_TIMEOUT, Case, World};
use crate::latency::Latencies;
use crate::report::Row;
use crate::usage;
use protocol::HistoryPage;
use protocol::limits::PAGE_DEFAULT;
use sqlx::{Connection, PgConnection};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use testbed::population::Plan;
use testbed::servers::SECRET;
use testbed::{Error, Population};
use tokio::task::JoinSet;

/// How late a timer may be.
const TIMER: Duration = Duration::from_millis(2);
/// Bytes of a stored message's text.
const BODY: i32 = 100;

/// `case.rate` pages a second, out of so many million messages in all.
pub(crate) async fn run(world: &mut World, case: Case, millions: f64) -> Result<Row, Error> {
    let (url, run) = world.database().await?;
    let mut cluster = environment::start(world, &case, &run, &url).await?;
    let plan = Plan { people: case.connections, rooms_each: 1, members: (case.members, case.members) };
    let population = Population::gather(&url, SECRET, plan, &mut fastrand::Rng::with_seed(1)).await?;
    let each = ((millions * 1e6) as i64 / population.rooms.len() as i64).max(2 * PAGE_DEFAULT);
    let begun = Instant::now();
    fill(&url, &population, each).await?;
    let filled = begun.elapsed();
    let http = reqwest::Client::builder().timeout(ARRIVAL_TIMEOUT).build()?;
    let latencies = Arc::new(Mutex::new(Latencies::default()));
    let (mut random, mut pages, mut wrong) = (fastrand::Rng::with_seed(2), JoinSet::new(), 0);
    let count = (case.rate * case.length.as_secs_f64()) as u32;
    let cpu =
        (cluster.nodes[0].pid().map_or(0.0, usage::cpu_seconds), world.postgres.pid().map_or(0.0, usage::cpu_seconds));
    let begin = tokio::time::Instant::now();
    for number in 0..count {
        let due = begin + Duration::from_secs_f64(f64::from(number) / case.rate);
        tokio::time::sleep_until(due).await;
        // A timer may be late by a millisecond or two, which is no time of the server's.
        let due = if due.elapsed() < TIMER { tokio::time::Instant::now() } else { due };
        let (room, members) = &population.rooms[random.usize(..population.rooms.len())];
        let node = cluster.nodes[number as usize % cluster.nodes.len()].address;
        let cursor = random.i64(PAGE_DEFAULT + 2..=each);
        let asked = http
            .get(format!("http://{node}/api/messages/room/{room}?cursor={cursor}"))
            .bearer_auth(&population.people[members[0]].token);
        let latencies = Arc::clone(&latencies);
        pages.spawn(async move {
            let page: HistoryPage = asked.send().await?.error_for_status()?.json().await?;
            let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            latencies.lock().unwrap_or_else(PoisonError::into_inner).record(micros);
            Ok::<_, reqwest::Error>(page.messages.len() as i64 == PAGE_DEFAULT)
        });
    }
    while let Some(page) = pages.join_next().await {
        wrong += u32::from(!matches!(page, Ok(Ok(true))));
    }
    cluster.check()?;
    let used = |pid: Option<u32>, before: f64| pid.map_or(0.0, usage::cpu_seconds) - before;
    let (node, postgres) = (used(cluster.nodes[0].pid(), cpu.0), used(world.postgres.pid(), cpu.1));
    let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let at = |percent| latencies.percentile(percent).as_secs_f64() * 1e3;
    let mut row = Row::empty(&case)
        .with("millions of messages stored", each as f64 * population.rooms.len() as f64 / 1e6)
        .with("s to store them", filled.as_secs_f64())
        .with("pages a second", case.rate)
        .with("ms p50 of a page", at(50.0))
        .with("ms p99 of a page", at(99.0))
        .with("pages that were not as they should be", f64::from(wrong))
        .with("ms of a node's processor a page", node * 1e3 / f64::from(count.max(1)))
        .with("ms of PostgreSQL's processors a page", postgres * 1e3 / f64::from(count.max(1)));
    row.is_clean = wrong == 0;
    Ok(row)
}

/// So many messages into every room, without the nodes. Their ids rise, as those of clients do: an index is then written
/// where it was written last, and not all over.
async fn fill(url: &str, population: &Population, each: i64) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    // Nothing of this has to survive.
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    for (number, (room, members)) in population.rooms.iter().enumerate() {
        sqlx::query(
            "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
             select $1, seq, $2, (lpad(to_hex($5), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(seq), 12, '0'))::uuid,
               0, rpad('message ' || seq || ' ', $4, 'x'), seq
             from generate_series(2, $3) as seq",
        )
        .bind(room.0)
        .bind(population.people[members[0]].user.id.0)
        .bind(each)
        .bind(BODY)
        .bind(i64::try_from(number)?)
        .execute(&mut connection)
        .await?;
    }
    sqlx::query("update rooms set last_seq = $1").bind(each).execute(&mut connection).await?;
    sqlx::query("vacuum analyze messages").execute(&mut connection).await?;
    // What is on its way to the disk would hold up who reads.
    sqlx::query("checkpoint").execute(&mut connection).await?;
    Ok(())
}
