//! The private listener, for Prometheus and operators and nobody else: `GET /metrics`, and `GET /readyz` with reasons.

use crate::health::Health;
use crate::metrics::Metrics;
use crate::routes::health::private_ready;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What is looked up when somebody reads, instead of being counted all the time.
pub(crate) type LookUp = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>, look_up: LookUp, health: Arc<Health>) {
    let ready = async move || private_ready(&health);
    let router = Router::new().route("/metrics", get(show)).route("/readyz", get(ready)).with_state((metrics, look_up));
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "metrics cannot be read any more");
    }
}

async fn show(State((metrics, look_up)): State<(Arc<Metrics>, LookUp)>) -> Response {
    const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    look_up().await;
    match metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
