//! Attacks by slowness: bodies, answers and sockets that are sent or read byte by byte.

use crate::environment::Environment;
use crate::http;
use crate::table::Finding;
use crate::ws::{self, ELSEWHERE, Ws};
use serde_json::json;
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

/// A body that comes a byte a second.
pub(super) async fn slow_body(environment: &Environment) -> Result<Finding, Error> {
    const OUTCOME_TIMEOUT: Duration = Duration::from_secs(40);
    let mut stream = ws::connect(ELSEWHERE, environment.node(), None).await?;
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n",
        environment.node()
    );
    stream.write_all(head.as_bytes()).await?;
    let begun = Instant::now();
    let mut answer = [0; 512];
    while begun.elapsed() < OUTCOME_TIMEOUT {
        if stream.write_all(b" ").await.is_err() {
            break;
        }
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut answer)).await {
            Err(_) => {}
            Ok(_) => break,
        }
    }
    let took = begun.elapsed();
    let met = format!("a body of a byte a second is closed after {:.0} s", took.as_secs_f64());
    Ok(Finding::new(took < OUTCOME_TIMEOUT, met))
}

/// A large file that nobody reads.
pub(super) async fn slow_answer(environment: &Environment) -> Result<Finding, Error> {
    const OUTCOME_TIMEOUT: Duration = Duration::from_secs(50);
    const FILE: usize = 32 * 1024 * 1024;
    let path = environment.folder.join("site/pkg/large.wasm");
    // Nothing that could be compressed.
    std::fs::write(path, (0..FILE / 8).flat_map(|_| fastrand::u64(..).to_le_bytes()).collect::<Vec<_>>())?;
    let mut stream = ws::connect(ELSEWHERE, environment.node(), Some(4_096)).await?;
    let request = format!("GET /pkg/large.wasm HTTP/1.1\r\nhost: {}\r\n\r\n", environment.node());
    stream.write_all(request.as_bytes()).await?;
    let (begun, local) = (Instant::now(), stream.local_addr()?.port());
    while begun.elapsed() < OUTCOME_TIMEOUT && is_held(environment, local) {
        sleep(Duration::from_millis(500)).await;
    }
    let took = begun.elapsed();
    Ok(Finding::new(
        took < OUTCOME_TIMEOUT,
        format!("an answer that nobody reads is closed after {:.0} s", took.as_secs_f64()),
    ))
}

/// Whether the node has the connection from this port of the attacker.
fn is_held(environment: &Environment, port: u16) -> bool {
    waiting(environment, port).is_some()
}

/// Bytes that the system has taken from the node for this connection and the attacker has not; none where it has ended.
fn waiting(environment: &Environment, port: u16) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let (node, peer) = (format!(":{:04X}", environment.node().port()), format!(":{port:04X}"));
    table.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        // 01: established.
        let is_it = fields.len() > 9 && fields[1].ends_with(&node) && fields[2].ends_with(&peer) && fields[3] == "01";
        u64::from_str_radix(fields.get(4)?.split(':').next()?, 16).ok().filter(|_| is_it)
    })
}

/// A head of many large fields.
pub(super) async fn big_head(environment: &Environment) -> Result<Finding, Error> {
    const FIELDS: usize = 40;
    let mut request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", environment.node());
    for number in 0..FIELDS {
        request += &format!("x-{number}: {}\r\n", "y".repeat(4_000));
    }
    request += "\r\n";
    let answer = http::raw(environment.node(), request.as_bytes(), Duration::from_secs(5)).await?;
    let status = http::status(&answer).unwrap_or(0);
    let met = format!("a head of {} KB is answered with {status}", request.len() / 1024);
    Ok(Finding::new(status != 200, met))
}

/// A reader who takes a little at a time; their session ends, and with it what is queued for them.
pub(super) async fn revoked_reader(environment: &Environment) -> Result<Finding, Error> {
    const OUTCOME_TIMEOUT: Duration = Duration::from_secs(45);
    let attacker = environment.attacker();
    let stream = ws::connect(ELSEWHERE, environment.node(), Some(4_096)).await?;
    let port = stream.local_addr()?.port();
    let mut ws = Ws::over(stream, environment.node(), &attacker.token).await?;
    ws.hello(&[]).await?;
    ws.find("welcome", Duration::from_secs(10)).await?;
    // Asked for until the system takes no more, so that some waits in the node.
    environment.fill(&[environment.general.0], 2, 51, &"x".repeat(2_000)).await?;
    let more = json!({"room_id": environment.general, "seq": 1, "rev": 0});
    let (mut steady, mut last) = (0, 0);
    while steady < 5 {
        ws.send("sync:more", &more).await?;
        sleep(Duration::from_millis(50)).await;
        let Some(waits) = waiting(environment, port) else {
            return Err("the reader was closed before its session ended".into());
        };
        steady = if waits == last { steady + 1 } else { 0 };
        last = waits;
    }
    let (_, sessions) = environment.http.ask("GET", "/api/auth/sessions", &attacker.token, None).await?;
    let session = sessions["sessions"][0]["id"].as_str().ok_or("the attacker has no session")?.to_owned();
    environment.http.ask("DELETE", &format!("/api/auth/sessions/{session}"), &attacker.token, None).await?;
    let begun = Instant::now();
    let trickle = async {
        loop {
            // A frame now and then: progress, but hardly any.
            let _ = ws.next(Duration::from_millis(10)).await;
            sleep(Duration::from_secs(8)).await;
        }
    };
    let ended = async {
        while begun.elapsed() < OUTCOME_TIMEOUT && is_held(environment, port) {
            sleep(Duration::from_millis(250)).await;
        }
    };
    tokio::select! {
        () = trickle => {}
        () = ended => {}
    }
    let took = begun.elapsed();
    let met = format!("a slow reader whose session ended is closed after {:.0} s", took.as_secs_f64());
    Ok(Finding::new(took < Duration::from_secs(15), met))
}
