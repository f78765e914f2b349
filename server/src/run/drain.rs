//! Stopping without anybody noticing: sockets are asked to go elsewhere, spread over time, before the listener closes.

use crate::chat::Chat;
use protocol::{CloseCode, ServerFrame};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long requests that are under way may take once the listener has closed.
pub(super) const REQUESTS: Duration = Duration::from_secs(5);
/// How often it is looked whether the last connection has gone.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Clients come back after a delay of their own, up to this, so that other nodes are not overrun.
const SPREAD_MS: u64 = 2_000;

/// Completes when stopping has begun.
pub(super) async fn until(mut stopping: watch::Receiver<bool>) {
    // An error means that the node has ended already.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Tells every connection to come back elsewhere, closes them, and waits until they have gone, `patience` at most.
pub(super) async fn connections(chat: &Chat, patience: Duration) {
    let deadline = Instant::now() + patience;
    let connections = chat.connections();
    if !connections.is_empty() {
        tracing::info!(connections = connections.len(), "asking connections to go elsewhere");
    }
    for connection in connections {
        // Ids are random in their last bytes: a delay that differs for each connection.
        let random = u64::from_be_bytes(std::array::from_fn(|i| connection.id.as_bytes()[8 + i]));
        connection.send(&ServerFrame::GoAway { retry_after_ms: random % SPREAD_MS });
        connection.close(CloseCode::GoingAway);
    }
    while !chat.connections().is_empty() && Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
