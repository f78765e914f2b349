//! Attacks on what one may not see or do.

use crate::environment::Environment;
use crate::http::Cookies;
use crate::table::Finding;
use crate::ws::Ws;
use serde_json::json;
use std::time::Duration;
use testbed::Error;

/// Somebody who switched receipts off asks for others' marks, a page of one member at a time.
pub(super) async fn receipts(environment: &Environment) -> Result<Finding, Error> {
    let token = &environment.attacker().token;
    let mut sql = environment.sql().await?;
    sqlx::query("update members set read_seq = 1, delivered_seq = 1").execute(&mut sql).await?;
    let (status, _) = environment.http.ask("PATCH", "/api/me", token, Some(&json!({"receipts": false}))).await?;
    if status >= 300 {
        return Err(format!("receipts could not be switched off: {status}").into());
    }
    let me = environment.attacker().user.id.to_string();
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/rooms/{}/members?limit=1{cursor}", environment.general);
        let (_, page) = environment.http.ask("GET", &path, token, None).await?;
        for member in page["members"].as_array().into_iter().flatten() {
            let is_other = member["user"]["id"].as_str() != Some(&me);
            seen += usize::from(is_other && member["read_seq"].as_i64().unwrap_or(0) > 0);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    Ok(Finding::new(seen == 0, format!("with receipts switched off, the read marks of {seen} others are seen")))
}

/// Presence of somebody with whom no room is shared.
pub(super) async fn presence(environment: &Environment) -> Result<Finding, Error> {
    let stranger = environment.stranger();
    let _there = Ws::enter(environment.node(), &stranger.token).await?;
    let mut ws = Ws::enter(environment.node(), &environment.attacker().token).await?;
    ws.send("focus", &json!({"users": [stranger.user.id]})).await?;
    let id = stranger.user.id.to_string();
    let mut seen = Vec::new();
    ws.read_for(Duration::from_millis(1_500), |kind, data, _| {
        if kind == "presence:change" {
            let about = data["users"].as_array().into_iter().flatten().filter(|one| one[0].as_str() == Some(&id));
            seen.extend(about.filter(|one| one[1] != "offline" || one[2] != 0).map(|one| one[1].to_string()));
        }
    })
    .await;
    Ok(Finding::new(seen.is_empty(), format!("presence of a stranger: {seen:?}")))
}

/// A page of another site, which `CORS_ORIGINS` allows, acts with the person's cookies.
pub(super) async fn foreign_origin(environment: &Environment) -> Result<Finding, Error> {
    let mut cookies = Cookies::from([("jackdaw_access".to_owned(), environment.victim().token.clone())]);
    let form = json!({"kind": "public", "name": "made by another site"});
    let status = environment.http.browse("/api/rooms", &mut cookies, "http://elsewhere.example", Some(&form)).await?;
    Ok(Finding::new(
        (400..500).contains(&status),
        format!("another site's request with a cookie is answered with {status}"),
    ))
}
