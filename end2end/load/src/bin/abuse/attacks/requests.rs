//! Attacks by quantity over HTTP: pages, renewals, and what goes into the log.

use crate::environment::Environment;
use crate::http::{self, Cookies};
use crate::table::Finding;
use serde_json::json;
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::task::JoinSet;

/// Requests at the same time.
const AT_ONCE: usize = 8;

/// Asks until one is answered with 429; how many were not, and whether one was.
pub(super) async fn until_refused<F: Future<Output = u16> + Send + 'static>(
    most: usize,
    length: Duration,
    ask: impl Fn(usize) -> F,
) -> (usize, bool) {
    let (begun, mut pending, mut answered) = (Instant::now(), JoinSet::new(), 0);
    for number in 0..most {
        if begun.elapsed() > length {
            break;
        }
        if pending.len() >= AT_ONCE
            && let Some(Ok(status)) = pending.join_next().await
        {
            if status == 429 || status == 503 {
                return (answered, true);
            }
            answered += 1;
        }
        pending.spawn(ask(number));
    }
    let rest = pending.join_all().await;
    (answered + rest.len(), rest.contains(&429))
}

pub(super) fn finding(what: &str, (answered, is_refused): (usize, bool)) -> Finding {
    let end = if is_refused { "then 429" } else { "and no end" };
    Finding::new(is_refused, format!("{what}: {answered} are answered, {end}"))
}

/// One account asks for the dearest page, and goes on.
pub(super) async fn pages(environment: &Environment) -> Result<Finding, Error> {
    let (http, token, path) =
        (environment.http.clone(), environment.attacker().token.clone(), format!("/rooms/{}", environment.general));
    let ask = move |_| {
        let (http, token, path) = (http.clone(), token.clone(), path.clone());
        async move { http.page(&path, &token).await }
    };
    Ok(finding("pages of one account", until_refused(2_000, Duration::from_secs(15), ask).await))
}

/// A stranger asks for the pages that need no account.
pub(super) async fn strangers(environment: &Environment) -> Result<Finding, Error> {
    let http = http::Http::from(crate::ws::ELSEWHERE, environment.node())?;
    let ask = move |number: usize| {
        let http = http.clone();
        let path = ["/login", "/register"][number % 2];
        async move { http.get(path, None).await }
    };
    Ok(finding("pages of a stranger", until_refused(3_000, Duration::from_secs(12), ask).await))
}

/// A browser renews its session, and goes on.
pub(super) async fn refresh(environment: &Environment) -> Result<Finding, Error> {
    const RENEWALS: usize = 400;
    let mut cookies = super::sessions::register(environment, "mallory").await?;
    let (begun, mut renewed) = (Instant::now(), 0);
    while renewed < RENEWALS && begun.elapsed() < Duration::from_secs(10) {
        let status =
            environment.http.browse("/api/auth/refresh", &mut cookies, &environment.http.origin(), None).await?;
        if status == 429 {
            return Ok(finding("renewals of one session", (renewed, true)));
        }
        if status != 200 {
            return Err(format!("a renewal was answered with {status}").into());
        }
        renewed += 1;
    }
    Ok(finding("renewals of one session", (renewed, false)))
}

/// A request id of the client's own choice, far too long for a log.
pub(super) async fn request_id(environment: &Environment) -> Result<Finding, Error> {
    let marker = "i-was-here-".repeat(800);
    let request = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: {}\r\nx-request-id: {marker}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: 2\r\n\r\n{{}}",
        environment.node()
    );
    let answer = http::raw(environment.node(), request.as_bytes(), Duration::from_secs(5)).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let log = std::fs::read_to_string(environment.folder.join("request_id-node1.log"))?;
    let (is_logged, is_echoed) =
        (log.contains("i-was-here-i-was"), String::from_utf8_lossy(&answer).contains("i-was-here-i-was"));
    let met = format!(
        "a request id of {} bytes is {}logged and {}sent back",
        marker.len(),
        if is_logged { "" } else { "not " },
        if is_echoed { "" } else { "not " }
    );
    Ok(Finding::new(!is_logged && !is_echoed, met))
}

/// The body of a registration.
pub(super) fn credentials(name: &str, password: &str) -> serde_json::Value {
    json!({"username": name, "password": password, "display_name": name})
}

/// No cookies.
pub(super) fn nobody() -> Cookies {
    Cookies::new()
}
