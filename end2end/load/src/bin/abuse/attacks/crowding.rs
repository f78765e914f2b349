//! Attacks that exhaust shared resources: connections of the node, locks of the database.

use super::admission::idle;
use crate::environment::Environment;
use crate::http::Http;
use crate::table::Finding;
use crate::ws::Ws;
use serde_json::json;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::time::sleep;
use uuid::Uuid;

/// Connections from one address that ask for nothing.
pub(super) async fn connections(environment: &Environment) -> Result<Finding, Error> {
    const CONNECTIONS: usize = 600;
    const BOUND: usize = 300;
    let before = descriptors(environment);
    let opened = idle(environment.node(), CONNECTIONS).await;
    sleep(Duration::from_secs(1)).await;
    let (count, held) = (opened.len(), descriptors(environment).saturating_sub(before));
    let status = Http::from(Ipv4Addr::new(127, 0, 0, 67), environment.node())?.get("/healthz", None).await;
    let met = format!("{count} idle connections of one address: {held} are kept, others are answered with {status}");
    Ok(Finding::new(held <= BOUND && status == 200, met))
}

/// Open descriptors of the node.
fn descriptors(environment: &Environment) -> usize {
    let pid = environment.cluster.nodes[0].pid().unwrap_or_default();
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// The owner deletes a large room into which somebody sends.
pub(super) async fn delete_room(environment: &Environment) -> Result<Finding, Error> {
    let rows = if environment.is_short { 100_000 } else { 1_000_000 };
    let attacker = environment.attacker();
    let room = environment.fill_rooms(1, rows, "x", &[attacker.user.id.0, environment.victim().user.id.0]).await?[0];
    let mut sql = environment.sql().await?;
    sqlx::query("update members set role = 2 where room_id = $1 and user_id = $2")
        .bind(room.0)
        .bind(attacker.user.id.0)
        .execute(&mut sql)
        .await?;
    let mut ws = Ws::enter(environment.node(), &environment.victim().token).await?;
    let path = format!("/api/rooms/{room}");
    let begun = Instant::now();
    let deleting = environment.http.ask("DELETE", &path, &attacker.token, None);
    let sending = async {
        loop {
            sleep(Duration::from_millis(20)).await;
            let frame = json!({"client_id": Uuid::now_v7(), "room_id": room, "body": "still here"});
            if ws.send("message:send", &frame).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let (status, _) = tokio::select! {
        done = deleting => done?,
        () = sending => return Err("nobody sends any more".into()),
    };
    let took = begun.elapsed().as_secs_f64();
    let met = format!("a room of {rows} messages is deleted: {status} after {took:.2} s");
    // In the short form the machine may be busy: only that it is done.
    Ok(Finding::new((200..300).contains(&status) && (environment.is_short || took < 1.0), met))
}
