//! Attacks by quantity over a socket that is let in: marks, messages, reactions, typing, one heavy `hello`.

use crate::environment::Environment;
use crate::table::Finding;
use crate::ws::Ws;
use futures_util::future::try_join_all;
use serde_json::json;
use sqlx::Row as _;
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::time::sleep;
use uuid::Uuid;

/// How long something that honest people wait for may take, however busy the machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Read marks for rooms that do not exist, from eight sockets, as fast as frames are taken.
pub(super) async fn marks(environment: &Environment) -> Result<Finding, Error> {
    const SOCKETS: u128 = 8;
    const FRAMES: u128 = 1_600;
    let (node, token) = (environment.node(), &environment.attacker().token);
    let flood = async |number: u128| {
        let mut ws = Ws::enter(node, token).await?;
        for frame in 0..FRAMES {
            // Smaller than any real room's id.
            let room = Uuid::from_u128(0x4000_8000_0000_0000_0000 + number * FRAMES + frame);
            ws.feed("message:read", &json!({"room_id": room, "seq": 1})).await?;
            if frame >= 1_000 && frame % 20 == 0 {
                ws.flush().await?;
                sleep(Duration::from_millis(100)).await;
            }
        }
        ws.flush().await
    };
    let honest = async {
        sleep(Duration::from_millis(500)).await;
        let mut ws = Ws::enter(node, &environment.victim().token).await?;
        ws.send("message:read", &json!({"room_id": environment.general, "seq": 1})).await?;
        let (begun, mut sql) = (Instant::now(), environment.sql().await?);
        loop {
            let row = sqlx::query("select read_seq from members where room_id = $1 and user_id = $2")
                .bind(environment.general.0)
                .bind(environment.victim().user.id.0)
                .fetch_one(&mut sql)
                .await?;
            if row.try_get::<i64, _>("read_seq")? == 1 {
                return Ok::<_, Error>(Some(begun.elapsed()));
            }
            if begun.elapsed() > ANSWER_TIMEOUT / 2 {
                return Ok(None);
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let flooding = async {
        // A socket that is closed for it is as good as a bound.
        let _ = try_join_all((0..SOCKETS).map(flood)).await;
        // Until the honest mark is known, whatever is queued stays ahead of it.
        std::future::pending::<()>().await;
    };
    let stored = tokio::select! {
        stored = honest => stored?,
        () = flooding => None,
    };
    let met = stored.map_or("an honest mark is not stored within 4 s".to_owned(), |time| {
        format!("an honest mark beside 12,800 false ones is stored after {:.1} s", time.as_secs_f64())
    });
    Ok(Finding::new(stored.is_some(), met))
}

/// Long messages as fast as frames are taken: what readers get in bytes.
pub(super) async fn messages(environment: &Environment) -> Result<Finding, Error> {
    const MESSAGES: usize = 200;
    /// A burst of 512 KiB and some seconds at 64 KiB, with room for the envelope.
    const BYTES: usize = 2 * 1024 * 1024;
    let body = "鴉".repeat(8_000);
    let mut reader = Ws::enter(environment.node(), &environment.victim().token).await?;
    let mut ws = Ws::enter(environment.node(), &environment.attacker().token).await?;
    let sending = async {
        for _ in 0..MESSAGES {
            ws.send(
                "message:send",
                &json!({"client_id": Uuid::now_v7(), "room_id": environment.general, "body": body}),
            )
            .await?;
        }
        Ok::<_, Error>(())
    };
    let mut got = 0;
    let reading = reader.read_for(environment.length() + Duration::from_secs(1), |_, _, bytes| got += bytes);
    let (_, closed) = tokio::join!(sending, reading);
    let end = closed.map_or(String::new(), |code| format!(", closed with {code}"));
    let met = format!("{MESSAGES} messages of 24 KB at once: {} KB to each reader{end}", got / 1024);
    Ok(Finding::new(got <= BYTES && closed.is_none(), met))
}

/// A reaction on one's own long message, on and off.
pub(super) async fn reactions(environment: &Environment) -> Result<Finding, Error> {
    const TOGGLES: usize = 300;
    const BYTES: usize = 256 * 1024;
    let members = [environment.attacker().user.id.0, environment.victim().user.id.0, environment.honest(0).user.id.0];
    let room = environment.fill_rooms(1, 1, &"鴉".repeat(8_000), &members).await?[0];
    let mut reader = Ws::enter(environment.node(), &environment.victim().token).await?;
    let mut ws = Ws::enter(environment.node(), &environment.attacker().token).await?;
    for toggle in 0..TOGGLES {
        let frame =
            json!({"client_id": Uuid::now_v7(), "room_id": room, "seq": 1, "emoji": "👍", "on": toggle % 2 == 0});
        ws.send("reaction:set", &frame).await?;
    }
    let (mut got, mut count) = (0, 0);
    let reading = reader.read_for(Duration::from_secs(3), |kind, _, bytes| {
        got += bytes;
        count += usize::from(kind.contains("changed") || kind.contains("reaction"));
    });
    let closed = reading.await;
    let met = format!("{TOGGLES} reactions at once: {count} frames, {} KB to each reader", got / 1024);
    Ok(Finding::new(got <= BYTES && closed.is_none(), met))
}

/// Typing, started and stopped as fast as frames are taken.
pub(super) async fn typing(environment: &Environment) -> Result<Finding, Error> {
    const TURNS: usize = 400;
    const FRAMES: usize = 20;
    let room = json!({"room_id": environment.general});
    let mut reader = Ws::enter(environment.node(), &environment.victim().token).await?;
    reader.send("focus", &room).await?;
    let mut ws = Ws::enter(environment.node(), &environment.attacker().token).await?;
    sleep(Duration::from_millis(200)).await;
    for _ in 0..TURNS {
        ws.send("typing:start", &room).await?;
        ws.send("typing:stop", &room).await?;
    }
    let mut count = 0;
    reader.read_for(Duration::from_secs(2), |kind, _, _| count += usize::from(kind.starts_with("typing:"))).await;
    Ok(Finding::new(count <= FRAMES, format!("{} frames of typing: {count} are passed on to each reader", 2 * TURNS)))
}

/// One `hello` that names a room 900 times. One answer is for its cursor; a second one is what the node itself missed, since
/// the rows come from outside.
pub(super) async fn hello(environment: &Environment) -> Result<Finding, Error> {
    const CURSORS: usize = 900;
    environment.fill(&[environment.general.0], 2, 40, "news").await?;
    let mut ws = Ws::open(environment.node(), &environment.attacker().token).await?;
    ws.hello(&vec![(environment.general, 1, 0); CURSORS]).await?;
    let mut count = 0;
    ws.read_for(Duration::from_secs(3), |kind, _, _| {
        count += usize::from(kind == "messages:offline" || kind == "room:reset")
    })
    .await;
    Ok(Finding::new(count <= 2, format!("a hello that names a room {CURSORS} times: {count} answers in 3 s")))
}
