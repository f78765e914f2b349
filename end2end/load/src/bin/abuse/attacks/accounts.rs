//! Attacks on accounts and on the administration: guessed codes, guessed passwords of a session that was left open, and an ordinary
//! account that would administer.

use super::requests::{finding, until_refused};
use super::sessions::{PASSWORD, register};
use crate::environment::Environment;
use crate::http::Http;
use crate::table::Finding;
use serde_json::json;
use std::time::Duration;
use testbed::Error;
use uuid::Uuid;

/// Codes of invites and one-time links are guessed as fast as it goes.
pub(super) async fn codes(environment: &Environment) -> Result<Finding, Error> {
    let http = Http::from(crate::ws::ELSEWHERE, environment.node())?;
    let ask = move |number: usize| {
        let http = http.clone();
        async move {
            let code = Uuid::from_u128(number as u128).simple();
            if number.is_multiple_of(2) {
                http.get(&format!("/join/{code}"), None).await
            } else {
                http.get(&format!("/reset/{code}"), None).await
            }
        }
    };
    Ok(finding("guessed codes of links", until_refused(2_000, Duration::from_secs(15), ask).await))
}

/// Somebody guesses the password of a session that was left open: as limited as a sign-in, and its person is not locked out.
pub(super) async fn own_password(environment: &Environment) -> Result<Finding, Error> {
    let mut cookies = register(environment, "ada_o").await?;
    let elsewhere = Http::from(crate::ws::ELSEWHERE, environment.node())?;
    let mut refused = 0;
    for number in 0..25 {
        let form = json!({"current_password": format!("not this {number}"), "new_password": "mine from now on"});
        let status =
            environment.http.browse("/api/me/password", &mut cookies, &environment.http.origin(), Some(&form)).await?;
        refused += usize::from(status == 429);
    }
    let form = json!({"username": "ada_o", "password": PASSWORD});
    let status = elsewhere.post("/api/auth/login", &form).await;
    let met =
        format!("25 guesses in an open session ({refused} refused): its person is answered with {status} elsewhere");
    Ok(Finding::new(status == 200 && refused > 0, met))
}

/// Whatever of the administration an ordinary account asks for is not there.
pub(super) async fn administration(environment: &Environment) -> Result<Finding, Error> {
    let (http, token, victim) = (&environment.http, &environment.attacker().token, environment.victim().user.id);
    let mut statuses = Vec::new();
    for path in ["/admin", "/admin/invites", "/admin/settings", "/admin/audit"] {
        statuses.push(http.page(path, token).await);
    }
    for act in ["disable", "admin", "reset-link", "end-sessions"] {
        statuses.push(http.ask("POST", &format!("/admin/people/{victim}/{act}"), token, None).await?.0);
    }
    for path in ["/admin/invites", "/admin/settings"] {
        statuses.push(http.ask("POST", path, token, None).await?.0);
    }
    let alive = http.get("/api/me", Some(&environment.victim().token)).await;
    let is_closed = statuses.iter().all(|status| *status == 404);
    let met =
        format!("{} requests are answered with 404: {is_closed}; the victim is answered with {alive}", statuses.len());
    Ok(Finding::new(is_closed && alive == 200, met))
}
