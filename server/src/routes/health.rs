//! `/healthz`: the process answers. `/readyz`: it can serve, or why not.

use crate::App;
use crate::health::{Health, Report};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(crate) struct Alive {
    status: &'static str,
}

pub(crate) async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Report>) {
    answer(app.health.report())
}

/// The same on the private listener, with the reasons.
pub(crate) fn private_ready(health: &Health) -> (StatusCode, Json<Report>) {
    answer(health.private_report())
}

fn answer(report: Report) -> (StatusCode, Json<Report>) {
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}
