//! Monday morning: everybody opens their page at the same moment, with many rooms and much that is unread. What that
//! costs for a person, and how long the last one waits.

use crate::environment::{self, Case, World};
use crate::latency::Latencies;
use crate::report::Row;
use crate::usage;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use protocol::{ClientFrame, PROTOCOL_VERSION};
use sqlx::{Connection, PgConnection};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use testbed::population::Plan;
use testbed::servers::SECRET;
use testbed::{Error, Population};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Rooms of each person.
const ROOMS_EACH: usize = 50;
/// Messages of each room that nobody has read.
const UNREAD: i64 = 500;
/// How long anybody may wait.
const RESUME_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let (url, run) = world.database().await?;
    let mut cluster = environment::start(world, &case, &run, &url).await?;
    let plan = Plan { people: case.connections, rooms_each: ROOMS_EACH, members: (case.members, case.members) };
    let population = Population::gather(&url, SECRET, plan, &mut fastrand::Rng::with_seed(1)).await?;
    let rows = fill(&url, &population).await?;
    let cpu = || {
        let nodes = cluster.nodes.iter().filter_map(|node| node.pid()).map(usage::cpu_seconds).sum::<f64>();
        (nodes, world.postgres.pid().map_or(0.0, usage::cpu_seconds))
    };
    let (before, begun) = (cpu(), Instant::now());
    let nodes = cluster.addresses();
    let coming =
        population.people.iter().enumerate().map(|(number, person)| arrive(nodes[number % nodes.len()], &person.token));
    let arrived = tokio::time::timeout(RESUME_TIMEOUT, join_all(coming)).await?;
    let (took, after) = (begun.elapsed(), cpu());
    cluster.check()?;
    let (mut latencies, mut failed) = (Latencies::default(), 0);
    for arrival in arrived {
        match arrival {
            Ok(micros) => latencies.record(micros),
            Err(_) => failed += 1,
        }
    }
    let people = case.connections as f64;
    let at = |percent| latencies.percentile(percent).as_secs_f64();
    let mut row = Row::empty(&case)
        .with("rooms of each person", ROOMS_EACH as f64)
        .with("unread messages of each room", UNREAD as f64)
        .with("messages stored, in thousands", rows as f64 / 1e3)
        .with("s until the last one has their rooms", took.as_secs_f64())
        .with("s until somebody has their rooms, p50", at(50.0))
        .with("s until somebody has their rooms, p99", at(99.0))
        .with("ms of PostgreSQL for a person", (after.1 - before.1) * 1e3 / people)
        .with("ms of the nodes for a person", (after.0 - before.0) * 1e3 / people)
        .with("people who were refused", f64::from(failed));
    row.is_clean = failed == 0;
    Ok(row)
}

/// Connects, and answers with the microseconds until everything is there.
async fn arrive(node: SocketAddr, token: &str) -> Result<u64, Error> {
    let begun = Instant::now();
    let mut request = format!("ws://{node}/ws").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    let stream = tokio::net::TcpStream::connect(node).await?;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    let hello = ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors: Vec::new() };
    socket.send(Message::text(serde_json::to_string(&hello)?)).await?;
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message?
            && text.starts_with(r#"{"type":"sync:done""#)
        {
            return Ok(u64::try_from(begun.elapsed().as_micros())?);
        }
    }
    Err("the connection has ended".into())
}

async fn fill(url: &str, population: &Population) -> Result<i64, Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
         select id, seq, sender, gen_random_uuid(), 0, 'message ' || seq, seq
         from unnest($1::uuid[], $2::uuid[]) as room (id, sender), generate_series(2, $3::bigint) as seq",
    )
    .bind(population.rooms.iter().map(|(room, _)| room.0).collect::<Vec<_>>())
    .bind(population.rooms.iter().map(|(_, members)| population.people[members[0]].user.id.0).collect::<Vec<_>>())
    .bind(UNREAD + 1)
    .execute(&mut connection)
    .await?;
    sqlx::query("update rooms set last_seq = $1").bind(UNREAD + 1).execute(&mut connection).await?;
    sqlx::query("vacuum analyze").execute(&mut connection).await?;
    sqlx::query("checkpoint").execute(&mut connection).await?;
    Ok(i64::try_from(population.rooms.len())? * UNREAD)
}
