//! Attacks on one person's delivery: what they are sent is so large that their connection never gets through it.

use crate::environment::Environment;
use crate::honest::until;
use crate::table::Finding;
use client::{ConnectionState, Input};
use protocol::{RoomId, Seq};
use std::sync::Arc;
use testbed::{Device, Error, Site};
use uuid::Uuid;

/// The largest body in bytes: 8,000 characters of four bytes.
fn longest() -> String {
    "🐦".repeat(8_000)
}

/// Starts the victim's device, and says whether it comes online, shows all its rooms and holds this many rows of a room.
async fn comes_online(
    environment: &Environment,
    rooms: usize,
    room: RoomId,
    head: i64,
) -> Result<(bool, Device), Error> {
    let site = Arc::new(Site::new(environment.cluster.addresses())?);
    let device = Device::start(environment.victim(), &site, 0, 3);
    device.input(Input::Open(Some(room)));
    let is_there = || {
        device.look(|engine, _| {
            engine.connection() == ConnectionState::Online
                && engine.rooms().len() >= rooms
                && engine.rows(room).iter().any(|row| row.message.seq == Seq(head))
        })
    };
    let is_online = until("the victim", is_there).await.is_ok();
    Ok((is_online, device))
}

/// Many groups with the victim, one message of the largest size in each: the list of rooms is above any queue.
pub(super) async fn long_messages(environment: &Environment) -> Result<Finding, Error> {
    const GROUPS: i32 = 60;
    let members = [environment.attacker().user.id.0, environment.victim().user.id.0];
    let rooms = environment.fill_rooms(GROUPS, 1, &longest(), &members).await?;
    let count = usize::try_from(GROUPS)? + environment.victim().rooms.len();
    let (holds, _device) = comes_online(environment, count, rooms[0], 1).await?;
    let is = if holds { "is online" } else { "never gets online" };
    Ok(Finding::new(holds, format!("{GROUPS} groups with a message of 32 KB each: the victim {is}")))
}

/// A room full of the largest messages, which a device that knows the room has missed.
pub(super) async fn long_history(environment: &Environment) -> Result<Finding, Error> {
    const MISSED: i32 = 60;
    let room = environment.general;
    let proxy = crate::proxy::Proxy::start(environment.node()).await?;
    let site = Arc::new(Site::new(vec![proxy.address])?);
    let device = Device::start(environment.victim(), &site, 0, 3);
    device.input(Input::Open(Some(room)));
    let shows = |head: i64| device.look(|engine, _| engine.rows(room).iter().any(|row| row.message.seq == Seq(head)));
    until("the victim to come in", || shows(1)).await?;
    proxy.cut();
    environment.fill(&[room.0], 2, MISSED + 1, &longest()).await?;
    proxy.mend();
    let holds = until("the victim to catch up", || shows(i64::from(MISSED) + 1)).await.is_ok();
    let is = if holds { "catches up" } else { "never catches up" };
    Ok(Finding::new(holds, format!("{MISSED} missed messages of 32 KB: the victim {is}")))
}

/// One message with a reaction of 30,000 people, in a room of the victim.
pub(super) async fn many_reactions(environment: &Environment) -> Result<Finding, Error> {
    const PEOPLE: i32 = 30_000;
    let members = [environment.attacker().user.id.0, environment.victim().user.id.0];
    let room = environment.fill_rooms(1, 1, "like this", &members).await?[0];
    let users: Vec<Uuid> = (0..PEOPLE).map(|_| Uuid::now_v7()).collect();
    let reactions = serde_json::json!([{ "emoji": "👍", "users": users }]).to_string();
    let mut sql = environment.sql().await?;
    sqlx::query("update messages set reactions = $2 where room_id = $1 and seq = 1")
        .bind(room.0)
        .bind(reactions)
        .execute(&mut sql)
        .await?;
    let (holds, _device) = comes_online(environment, 2, room, 1).await?;
    let is = if holds { "is online" } else { "never gets online" };
    Ok(Finding::new(holds, format!("a message with {PEOPLE} reactions: the victim {is}")))
}
