//! Attacks on the way in: upgrades without a right, sockets without an end, and what the handshake has to refuse.

use crate::environment::Environment;
use crate::http::{self, Http};
use crate::nginx::Nginx;
use crate::table::Finding;
use crate::ws::{self, ELSEWHERE, Ws};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

/// Requests a second of a stranger that admission refuses.
const UPGRADES_PER_SECOND: u32 = 400;
/// Honest attempts meanwhile, of which all must succeed.
const HONEST: usize = 10;

/// Upgrades without a token, at a steady rate, until dropped.
async fn request_upgrades(target: SocketAddr, source: Ipv4Addr) -> Result<(), Error> {
    let http = Http::from(source, target)?;
    let begun = tokio::time::Instant::now();
    let mut pending = tokio::task::JoinSet::new();
    for number in 0.. {
        sleep_until(begun + Duration::from_secs(1) * number / UPGRADES_PER_SECOND).await;
        let http = http.clone();
        pending.spawn(async move { http.get("/ws", None).await });
        while pending.len() > 64 {
            pending.join_next().await;
        }
    }
    Ok(())
}

/// A stranger asks for upgrades; honest people come at the same time, from the same address.
pub(super) async fn refusals(environment: &Environment) -> Result<Finding, Error> {
    let (node, token) = (environment.node(), &environment.honest(0).token);
    let honest = async {
        // Until the bucket is empty.
        sleep(Duration::from_millis(500)).await;
        let mut opened = 0;
        for _ in 0..HONEST {
            opened += usize::from(Ws::open_from(ELSEWHERE, node, token).await.is_ok());
            sleep(Duration::from_millis(100)).await;
        }
        opened
    };
    let opened = tokio::select! {
        opened = honest => opened,
        done = request_upgrades(node, ELSEWHERE) => return done.map(|()| Finding::new(false, "the stranger stopped")),
    };
    let met =
        format!("{UPGRADES_PER_SECOND} upgrades a second without a token: {opened} of {HONEST} honest ones are let in");
    Ok(Finding::new(opened == HONEST, met))
}

/// The same through the shipped nginx: the whole site must stay up.
pub(super) async fn refusals_behind_nginx(environment: &Environment) -> Result<Finding, Error> {
    let nginx = Nginx::start(&environment.folder, &environment.cluster.addresses()).await?;
    let (http, token) = (Http::new(nginx.address)?, &environment.honest(0).token);
    let honest = async {
        sleep(Duration::from_millis(500)).await;
        let (mut pages, mut opened) = (0, 0);
        for _ in 0..HONEST {
            pages += usize::from(http.get("/api/me", Some(token)).await == 200);
            opened += usize::from(Ws::open_from(Ipv4Addr::LOCALHOST, nginx.address, token).await.is_ok());
            sleep(Duration::from_millis(100)).await;
        }
        (pages, opened)
    };
    let (pages, opened) = tokio::select! {
        counts = honest => counts,
        done = request_upgrades(nginx.address, ELSEWHERE) => return done.map(|()| Finding::new(false, "the stranger stopped")),
    };
    let met = format!(
        "the same through nginx: {pages} of {HONEST} requests are answered, {opened} of {HONEST} sockets opened"
    );
    Ok(Finding::new(pages == HONEST && opened == HONEST, met))
}

/// One person opens sockets.
pub(super) async fn sockets(environment: &Environment) -> Result<Finding, Error> {
    const SOCKETS: usize = 120;
    const OPEN: usize = 50;
    let mut opened = Vec::new();
    for _ in 0..SOCKETS {
        // Admission may ask to wait.
        match Ws::open(environment.node(), &environment.attacker().token).await {
            Ok(mut ws) => {
                if ws.hello(&[]).await.is_ok() {
                    opened.push(ws);
                }
            }
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    let count = opened.len();
    let alive =
        join_all(opened.iter_mut().map(async |ws| ws.read_for(Duration::from_secs(2), |_, _, _| {}).await.is_none()));
    let left = alive.await.into_iter().filter(|alive| *alive).count();
    let met = format!("one session opens {count} sockets: {left} stay open");
    Ok(Finding::new(left <= OPEN && left > 0, met))
}

/// Sockets that never say anything.
pub(super) async fn silent_sockets(environment: &Environment) -> Result<Finding, Error> {
    const SOCKETS: usize = 10;
    const OUTCOME_TIMEOUT: Duration = Duration::from_secs(20);
    let mut opened = Vec::new();
    for _ in 0..SOCKETS {
        opened.push(Ws::open(environment.node(), &environment.attacker().token).await?);
    }
    let begun = Instant::now();
    let ended = join_all(opened.iter_mut().map(async |ws| ws.read_for(OUTCOME_TIMEOUT, |_, _, _| {}).await.is_some()));
    let ended = ended.await.into_iter().filter(|ended| *ended).count();
    let met =
        format!("{SOCKETS} sockets without a hello: {ended} are closed after {:.0} s", begun.elapsed().as_secs_f64());
    Ok(Finding::new(ended == SOCKETS, met))
}

/// An upgrade whose key is empty.
pub(super) async fn empty_key(environment: &Environment) -> Result<Finding, Error> {
    let token = &environment.attacker().token;
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: {}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: \r\nauthorization: Bearer {token}\r\n\r\n",
        environment.node()
    );
    let answer = http::raw(environment.node(), request.as_bytes(), Duration::from_secs(2)).await?;
    let status = http::status(&answer).unwrap_or(0);
    Ok(Finding::new(status == 400, format!("an upgrade with an empty key is answered with {status}")))
}

/// A Close frame has to be answered (RFC 6455, 5.5.1).
pub(super) async fn close_frame(environment: &Environment) -> Result<Finding, Error> {
    let code = Ws::enter(environment.node(), &environment.attacker().token).await?.close().await?;
    let met = code.map_or("a Close frame is answered by the end of the connection".to_owned(), |code| {
        format!("a Close frame is answered with {code}")
    });
    Ok(Finding::new(code == Some(1000), met))
}

/// `hello` fails while the database does not answer, and is said again on the same socket: frames must not come twice.
pub(super) async fn hello_again(environment: &Environment) -> Result<Finding, Error> {
    const OUTCOME_TIMEOUT: Duration = Duration::from_secs(20);
    let mut talker = Ws::enter(environment.node(), &environment.victim().token).await?;
    let mut ws = Ws::open(environment.node(), &environment.attacker().token).await?;
    let (mut sql, mut other_sql) = (environment.sql().await?, environment.sql().await?);
    let mut lock = sql.begin().await?;
    // The list of rooms waits for it, and is cancelled there. Others wait for that moment too.
    sqlx::query("lock table users in access exclusive mode").execute(&mut *lock).await?;
    ws.hello(&[]).await?;
    let begun = Instant::now();
    while !cancel_list(&mut other_sql).await? {
        if begun.elapsed() > OUTCOME_TIMEOUT {
            return Err("a hello does not read the list of rooms".into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    lock.rollback().await?;
    let failed = ws.find("error", OUTCOME_TIMEOUT).await;
    match failed {
        Ok(Some(_)) => {}
        // The node may as well close it.
        Ok(None) => return Err("a hello without a database was not answered".into()),
        Err(_) => return Ok(Finding::new(true, "a hello that fails ends its socket")),
    }
    ws.hello(&[]).await?;
    if !matches!(ws.find("welcome", OUTCOME_TIMEOUT).await, Ok(Some(_))) {
        return Ok(Finding::new(true, "a hello that failed is not answered a second time"));
    }
    let frame = json!({"client_id": Uuid::now_v7(), "room_id": environment.general, "body": "once"});
    talker.send("message:send", &frame).await?;
    let mut count = 0;
    ws.read_for(Duration::from_secs(3), |kind, _, _| count += usize::from(kind == "message:new")).await;
    Ok(Finding::new(count == 1, format!("hello again after one that failed: each message comes {count} times")))
}

/// Cancels the query of a list of rooms that waits for a lock. Whether there was one.
async fn cancel_list(sql: &mut PgConnection) -> Result<bool, Error> {
    let cancelled: Vec<bool> = sqlx::query_scalar(
        "select pg_cancel_backend(pid) from pg_stat_activity
         where wait_event_type = 'Lock' and query like 'select r.id, r.kind%'",
    )
    .fetch_all(sql)
    .await?;
    Ok(!cancelled.is_empty())
}

/// Connections from one address, all of which stay idle.
pub(super) async fn idle(node: SocketAddr, count: usize) -> Vec<tokio::net::TcpStream> {
    let opening = (0..count).map(|_| ws::connect(ELSEWHERE, node, None));
    join_all(opening).await.into_iter().flatten().collect()
}
