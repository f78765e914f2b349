//! A very large room is deleted while everybody talks in others: how much later their messages come.

use crate::environment::{ARRIVAL_TIMEOUT, Case, Environment, World};
use crate::pipe::Tally;
use crate::report::Row;
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::time::sleep;
use uuid::Uuid;

/// After the deletion is asked for, so that it falls into what is measured.
const RUN_UP: Duration = Duration::from_secs(1);
/// How much later than otherwise deliveries may be at the 99.9th percentile, in milliseconds.
const LATER: f64 = 100.0;
/// Filling leaves the disk with much to write. What is compared with begins once the p99.9 is below this, in milliseconds,
/// or after so many tries.
const CALM: (f64, usize) = (50.0, 8);
/// Rows of one statement while the room is filled.
const ROWS: i64 = 500_000;

pub(crate) async fn run(world: &mut World, case: Case, millions: f64) -> Result<Row, Error> {
    let (rate, length) = (case.rate, case.length);
    let mut environment = Environment::set(world, case).await?;
    let owner = environment.population.people[0].clone();
    let rows = (millions * 1e6) as i64;
    let room = fill(&environment.url, owner.user.id.0, rows).await?;
    let before = calm(world, &mut environment, rate).await?;
    let url = format!("http://{}/api/rooms/{room}", environment.cluster.nodes[0].address);
    let http = reqwest::Client::builder().timeout(length + ARRIVAL_TIMEOUT).build()?;
    let deleting = async {
        sleep(RUN_UP).await;
        let begun = Instant::now();
        let status = http.delete(url).bearer_auth(&owner.token).send().await?.status().as_u16();
        Ok::<_, Error>((status, begun.elapsed()))
    };
    let (tally, deleted) = tokio::join!(environment.client_processes.go(rate, length, ARRIVAL_TIMEOUT), deleting);
    let (tally, (status, took)) = (tally?, deleted?);
    environment.cluster.check()?;
    let left = left(&environment.url, room).await?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (alone, busy) = (ms(before.deliveries.percentile(99.9)), ms(tally.deliveries.percentile(99.9)));
    let mut row = Row::of(&environment, rate, &tally, crate::environment::Cpu::default())
        .with("messages of the room, in millions", millions)
        .with("status of the deletion", f64::from(status))
        .with("s until the deletion was answered", took.as_secs_f64())
        .with("messages of the room left at the end, in thousands", left as f64 / 1e3)
        .with("ms delivery p99.9 elsewhere before", alone)
        .with("ms delivery p99.9 elsewhere meanwhile", busy)
        .with("ms delivery maximum elsewhere before", ms(before.deliveries.max()))
        .with("ms delivery maximum elsewhere meanwhile", ms(tally.deliveries.max()));
    row.is_clean &= (200..300).contains(&status) && busy <= alone + LATER;
    Ok(row)
}

/// Deliveries with nothing beside them.
pub(super) async fn calm(world: &mut World, environment: &mut Environment, rate: f64) -> Result<Tally, Error> {
    let (mut tally, _) = environment.measure(world, rate).await?;
    for _ in 1..CALM.1 {
        let tail = tally.deliveries.percentile(99.9).as_secs_f64() * 1e3;
        if tail <= CALM.0 {
            break;
        }
        println!("  p99.9 {tail:.0} ms with nothing beside it: waiting for the disk");
        tally = environment.measure(world, rate).await?.0;
    }
    Ok(tally)
}

/// A room of this owner with so many messages.
pub(super) async fn fill(url: &str, owner: Uuid, rows: i64) -> Result<Uuid, Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    let room = Uuid::now_v7();
    sqlx::query(
        "insert into rooms (id, kind, name, members_count, last_seq, created_at) values ($1, 1, 'Large', 1, $2, 0)",
    )
    .bind(room)
    .bind(rows)
    .execute(&mut connection)
    .await?;
    sqlx::query(
        "insert into members (room_id, user_id, role, joined_seq, delivered_seq, read_seq) values ($1, $2, 2, 0, 0, 0)",
    )
    .bind(room)
    .bind(owner)
    .execute(&mut connection)
    .await?;
    for from in (1..=rows).step_by(usize::try_from(ROWS)?) {
        sqlx::query(
            "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
             select $1, seq, $2, gen_random_uuid(), 0, rpad('message ' || seq || ' ', 100, 'x'), seq
             from generate_series($3::bigint, $4::bigint) as seq",
        )
        .bind(room)
        .bind(owner)
        .bind(from)
        .bind((from + ROWS - 1).min(rows))
        .execute(&mut connection)
        .await?;
    }
    sqlx::query("vacuum analyze messages").execute(&mut connection).await?;
    sqlx::query("checkpoint").execute(&mut connection).await?;
    Ok(room)
}

async fn left(url: &str, room: Uuid) -> Result<i64, Error> {
    let mut connection = PgConnection::connect(url).await?;
    Ok(sqlx::query_scalar("select count(*) from messages where room_id = $1")
        .bind(room)
        .fetch_one(&mut connection)
        .await?)
}
