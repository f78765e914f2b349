//! A device on a slow link that missed a weekend: it must get everything, without being closed as too slow.

use crate::environment::Environment;
use crate::honest::until;
use crate::proxy::Proxy;
use crate::table::Finding;
use client::{ConnectionState, Input};
use protocol::Seq;
use std::sync::Arc;
use std::time::Duration;
use testbed::{Device, Error, Site};

/// Two megabits a second.
const BYTES_PER_SECOND: u32 = 250_000;
const DELAY: Duration = Duration::from_millis(50);
const ROOMS: i32 = 60;
const MISSED: i32 = 50;

/// Needs small send buffers of the system, which a network has and loopback has not.
pub(super) async fn slow_link(environment: &Environment) -> Result<Result<Finding, String>, Error> {
    let has_small_buffers = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").is_ok_and(|text| {
        text.split_whitespace().last().and_then(|most| most.parse().ok()).is_some_and(|most: u64| most <= 65_536)
    });
    if !has_small_buffers {
        return Ok(Err("needs a network namespace with small send buffers (root): see end2end/abuse".into()));
    }
    let body = "what was said at the weekend ".repeat(14);
    let members = [environment.attacker().user.id.0, environment.victim().user.id.0];
    let rooms = environment.fill_rooms(ROOMS, 1, &body, &members).await?;
    let proxy = Proxy::start(environment.node()).await?;
    let site = Arc::new(Site::new(vec![proxy.address])?);
    let device = Device::start(environment.victim(), &site, 0, 3);
    let is_online = || device.look(|engine, _| engine.connection() == ConnectionState::Online);
    until("the victim to come in", is_online).await?;
    let shown = |head: i32| {
        device.look(|engine, _| {
            let is_shown = |room: &&_| engine.rows(**room).iter().any(|row| row.message.seq == Seq(head.into()));
            rooms.iter().filter(is_shown).count()
        })
    };
    for room in &rooms {
        device.input(Input::Open(Some(*room)));
    }
    until("the victim to see every room", || shown(1) == rooms.len()).await?;
    proxy.cut();
    let ids: Vec<_> = rooms.iter().map(|room| room.0).collect();
    environment.fill(&ids, 2, MISSED + 1, &body).await?;
    proxy.throttle(BYTES_PER_SECOND, DELAY);
    let before = proxy.accepted();
    proxy.mend();
    let is_whole = until("the victim to catch up", || shown(MISSED + 1) == rooms.len()).await.is_ok();
    let closed = (proxy.accepted() - before).saturating_sub(1);
    let (got, all) = (shown(MISSED + 1), rooms.len());
    let met = format!(
        "2 Mbit/s, 50 ms: {got} of {all} rooms caught up ({MISSED} rows each), {closed} connections closed on the way"
    );
    Ok(Ok(Finding::new(is_whole && closed == 0, met)))
}
