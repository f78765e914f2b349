//! Drains a node: connections are closed one after another over the configured time, before the listener closes. All at once they
//! would overload the other nodes.

use chat::Chat;
use protocol::{CloseCode, ServerFrame};
use std::time::Duration;
use tokio::time::Instant;

/// How long pending requests may take once the listener has closed.
pub(crate) const REQUESTS_TIMEOUT: Duration = Duration::from_secs(5);
/// How often to look whether the last connection has gone.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// A few connections need not take the whole time.
const STAGGER_MAX: Duration = Duration::from_millis(20);
/// The longest random delay before a client reconnects.
const SPREAD_MS: u64 = 2_000;

/// Sends `goaway` to all connections and closes them, evenly over most of `timeout`, then waits until they have gone or `timeout` is
/// over.
pub(super) async fn connections(chat: &Chat, timeout: Duration) {
    let began = Instant::now();
    let connections = chat.connections();
    if !connections.is_empty() {
        tracing::info!(connections = connections.len(), "asking connections to go elsewhere");
    }
    let stagger = stagger(connections.len(), timeout);
    for (number, connection) in connections.into_iter().enumerate() {
        tokio::time::sleep_until(began + stagger.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX))).await;
        // Ids are random in their last bytes: a delay that differs for each connection.
        let random = u64::from_be_bytes(std::array::from_fn(|i| connection.id.as_bytes()[8 + i]));
        connection.send(&ServerFrame::GoAway { retry_after_ms: random % SPREAD_MS });
        connection.close(CloseCode::GoingAway);
    }
    while !chat.is_empty() && began.elapsed() < timeout {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The stagger between two closes, so that all fit into four fifths of the time: the last ones need some to leave.
fn stagger(connections: usize, timeout: Duration) -> Duration {
    let count = u32::try_from(connections.max(1)).unwrap_or(u32::MAX);
    (timeout * 4 / 5 / count).min(STAGGER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_connections_take_the_time_that_there_is_and_few_do_not() {
        assert_eq!(stagger(10_000, Duration::from_secs(10)), Duration::from_micros(800));
        assert_eq!(stagger(5, Duration::from_secs(10)), STAGGER_MAX);
        assert_eq!(stagger(5, Duration::ZERO), Duration::ZERO);
        assert_eq!(stagger(0, Duration::from_secs(10)), STAGGER_MAX);
    }
}
