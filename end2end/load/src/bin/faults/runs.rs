//! The five runs: what fails in each, and when. Everybody goes on talking meanwhile.

use crate::World;
use crate::bus::Bus;
use crate::environment::Environment;
use crate::report::Report;
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use testbed::Error;
use testbed::check::Truth;
use tokio::time::sleep;

/// From a node's death until it is started again, and from there until the next one's death.
const NODE_AWAY: Duration = Duration::from_millis(700);
const BETWEEN_KILLS: Duration = Duration::from_millis(1_000);
/// How long Redis or PostgreSQL is away, and how long all is well before and after.
const AWAY: Duration = Duration::from_secs(3);
const WELL: Duration = Duration::from_secs(4);

/// Nodes are killed one after the other and started again.
pub(crate) async fn nodes(world: &mut World) -> Result<Report, Error> {
    let kills = if world.is_short { 3 } else { 20 };
    let mut environment = Environment::set(world, "nodes", world.redis.address).await?;
    let failing = environment.during(async |cluster, _| {
        for kill in 0..kills {
            sleep(BETWEEN_KILLS).await;
            let count = cluster.nodes.len();
            let node = &mut cluster.nodes[kill % count];
            node.kill().await?;
            sleep(NODE_AWAY).await;
            node.start().await?;
        }
        sleep(WELL).await;
        Ok(())
    });
    failing.await?;
    environment.end(vec![format!("a node was killed {kills} times")]).await
}

/// Redis is killed and started again. Sending goes on meanwhile; what other nodes missed is shown soon after.
pub(crate) async fn redis(world: &mut World) -> Result<Report, Error> {
    let times = if world.is_short { 1 } else { 3 };
    let mut environment = Environment::set(world, "redis", world.redis.address).await?;
    let url = environment.url().to_owned();
    let failing = environment.during(async |_, participants| {
        let mut notes = Vec::new();
        for _ in 0..times {
            sleep(WELL).await;
            world.redis.kill().await?;
            let before = participants.counts();
            sleep(AWAY).await;
            let after = participants.counts();
            world.redis.restart().await?;
            let heads = Truth::read(&url).await?.heads;
            let caught_up = participants.reach(&heads).await?.as_secs_f64();
            let (sent, acknowledged) = (after.0 - before.0, after.1 - before.1);
            notes.push(format!(
                "Redis away: {acknowledged} of {sent} messages acknowledged meanwhile; all shown {caught_up:.2} s after its return (target 2 s)"
            ));
            if acknowledged == 0 {
                return Err("nothing was acknowledged while Redis was away".into());
            }
        }
        sleep(WELL).await;
        Ok(notes)
    });
    let notes = failing.await?;
    environment.end(notes).await
}

/// PostgreSQL crashes and recovers.
pub(crate) async fn postgres(world: &mut World) -> Result<Report, Error> {
    let times = if world.is_short { 1 } else { 3 };
    let mut environment = Environment::set(world, "postgres", world.redis.address).await?;
    let failing = environment.during(async |_, _| {
        for _ in 0..times {
            sleep(WELL).await;
            world.postgres.crash().await?;
            sleep(AWAY).await;
            world.postgres.start().await?;
        }
        sleep(WELL).await;
        Ok(())
    });
    failing.await?;
    environment.end(vec![format!("PostgreSQL crashed {times} times")]).await
}

/// A backup is written while everybody talks. Then all nodes are killed, another backup is written and takes the database's place, and
/// the nodes start in a new epoch. Everything that was acknowledged was in that backup; the rest is sent again.
pub(crate) async fn backup(world: &mut World) -> Result<Report, Error> {
    let mut environment = Environment::set(world, "backup", world.redis.address).await?;
    let url = environment.url().to_owned();
    let folder = world.place.folder.clone();
    let program = |words: &[&str], file: &str| {
        let file = folder.join(file);
        let program = world.place.jackdaw("backup").args(words).args([file]);
        program.env("DATABASE_URL", &url).env("DATA_DIR", folder.join("data").display().to_string())
    };
    let failing = environment.during(async |cluster, participants| {
        sleep(WELL).await;
        let before = Truth::read(&url).await?;
        program(&["backup", "--to"], "meanwhile").finish().await?;
        let copy = world.postgres.database("run_backup_copy").await?;
        let restore = program(&["restore", "--database", &copy], "meanwhile");
        restore.finish().await?;
        let copied = Truth::read(&copy).await?;
        for (room, head) in &before.heads {
            let (head, in_copy) = (*head, copied.heads.get(room).copied().unwrap_or_default());
            if in_copy < head || copied.rooms.get(room).map_or(0, Vec::len) as i64 != in_copy.0 {
                return Err(format!("the backup has room {room} up to {in_copy}, it went on to {head} before").into());
            }
        }
        for node in &mut cluster.nodes {
            node.kill().await?;
        }
        program(&["backup", "--to"], "after").finish().await?;
        program(&["restore", "--replace"], "after").finish().await?;
        for node in &mut cluster.nodes {
            node.start().await?;
        }
        let mut connection = PgConnection::connect(&url).await?;
        let epoch = sqlx::query_scalar("select epoch from meta").fetch_one(&mut connection).await?;
        participants.enter_epoch(epoch).await?;
        sleep(WELL).await;
        Ok(())
    });
    failing.await?;
    environment.end(vec!["a backup was restored beside the database, another one in its place".to_owned()]).await
}

/// The bus loses, doubles and reorders what nodes publish.
pub(crate) async fn bus(world: &mut World) -> Result<Report, Error> {
    let duration = Duration::from_secs(if world.is_short { 8 } else { 30 });
    let bus = Bus::start(world.redis.address, world.seed).await?;
    let mut environment = Environment::set(world, "bus", bus.address).await?;
    bus.misbehave();
    let failing = environment.during(async |_, _| {
        sleep(duration).await;
        Ok(())
    });
    failing.await?;
    environment.end(vec![bus.tally()]).await
}
