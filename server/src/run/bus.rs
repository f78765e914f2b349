//! The bus around a node's life.

use crate::hub::Hub;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often the bus is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Asks again and again: a connection on which nobody says anything may have died without this node hearing of it, and
/// shows that by not answering.
pub(super) async fn ask(hub: Arc<Hub>) {
    loop {
        sleep(ASK_EVERY).await;
        if let Err(reason) = hub.ping().await {
            tracing::debug!(reason, "the bus does not answer");
        }
    }
}
