//! Attacks on signing in and staying signed in.

use super::requests::{credentials, nobody};
use crate::environment::Environment;
use crate::http::{Cookies, Http};
use crate::table::Finding;
use serde_json::json;
use std::net::Ipv4Addr;
use std::time::Duration;
use testbed::Error;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub(super) const PASSWORD: &str = "a good password";

/// Makes an account, and answers with its browser's cookies.
pub(super) async fn register(environment: &Environment, name: &str) -> Result<Cookies, Error> {
    let mut cookies = nobody();
    let form = credentials(name, PASSWORD);
    let status =
        environment.http.browse("/api/auth/register", &mut cookies, &environment.http.origin(), Some(&form)).await?;
    if status == 201 { Ok(cookies) } else { Err(format!("an account was answered with {status}").into()) }
}

async fn sign_in(http: &Http, name: &str, password: &str) -> u16 {
    http.post("/api/auth/login", &json!({"username": name, "password": password})).await
}

/// Wrong passwords for somebody's name, from elsewhere: the person signs in nevertheless.
pub(super) async fn passwords(environment: &Environment) -> Result<Finding, Error> {
    register(environment, "ada_l").await?;
    let attacker = Http::from(Ipv4Addr::new(127, 0, 0, 66), environment.node())?;
    let mut refused = 0;
    for _ in 0..25 {
        refused += usize::from(sign_in(&attacker, "ada_l", "not this one").await == 429);
    }
    let status = sign_in(&environment.http, "ada_l", PASSWORD).await;
    let met = format!("25 wrong passwords from elsewhere ({refused} refused): the right one is answered with {status}");
    Ok(Finding::new(status == 200 && refused > 0, met))
}

/// Wrong passwords from every block of one home connection (a /56 has 256) at once: others keep turns at the hashing.
/// The node is behind a proxy, which says the addresses.
pub(super) async fn hashing(environment: &Environment) -> Result<Finding, Error> {
    const BLOCKS: usize = 120;
    const EACH: usize = 16;
    /// Between two blocks: 2,000 a second are far more than can be checked, and do not fill the processors by themselves.
    const PAUSE: Duration = Duration::from_millis(8);
    register(environment, "ada_h").await?;
    let mut pending = JoinSet::new();
    for block in 0..BLOCKS {
        for number in 0..EACH {
            let http = environment.http.clone();
            pending.spawn(async move {
                let form = json!({"username": format!("nobody{block}x{number}"), "password": "not this one"});
                http.post_for(&format!("2001:db8:0:{block:x}::1"), "/api/auth/login", &form).await
            });
        }
        sleep(PAUSE).await;
    }
    sleep(Duration::from_millis(500)).await;
    let begun = std::time::Instant::now();
    let form = json!({"username": "ada_h", "password": PASSWORD});
    let status = environment.http.post_for("198.51.100.7", "/api/auth/login", &form).await;
    let took = begun.elapsed().as_secs_f64();
    pending.abort_all();
    let met = format!(
        "{} sign-ins of one /56 in a second: an honest one is answered with {status} after {took:.1} s",
        BLOCKS * EACH
    );
    Ok(Finding::new(status == 200, met))
}

/// A name of 60 KB must not become a key anywhere.
pub(super) async fn long_names(environment: &Environment) -> Result<Finding, Error> {
    let status = sign_in(&environment.http, &"n".repeat(60_000), "a password").await;
    Ok(Finding::new(status == 400, format!("a sign-in with a name of 60 KB is answered with {status}")))
}

/// The answer of a renewal gets lost, and the device asks again later than any grace.
pub(super) async fn lost_renewal(environment: &Environment) -> Result<Finding, Error> {
    let kept = register(environment, "ada_r").await?;
    let origin = environment.http.origin();
    let first = environment.http.browse("/api/auth/refresh", &mut kept.clone(), &origin, None).await?;
    sleep(Duration::from_secs(31)).await;
    let again = environment.http.browse("/api/auth/refresh", &mut kept.clone(), &origin, None).await?;
    let met = format!("a renewal whose answer got lost ({first}) is answered with {again} after 31 s");
    Ok(Finding::new(first == 200 && again == 200, met))
}
