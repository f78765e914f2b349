//! `/healthz`: the process answers. `/readyz`: it can serve, or why not.

use crate::App;
use crate::run::Readiness;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "alive", reason: None })
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let readiness = app.readiness.borrow().clone();
    let reason = match readiness {
        Readiness::Ready => app.chat.ping().await.err(),
        Readiness::NotYet(reason) => Some(reason),
        Readiness::Draining => Some("this node is stopping".to_owned()),
    };
    match reason {
        None => (StatusCode::OK, Json(Health { status: "ready", reason: None })),
        reason => (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "unavailable", reason })),
    }
}
