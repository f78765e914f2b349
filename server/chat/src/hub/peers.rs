//! Detects whether other nodes are subscribed. A node without peers does not publish room frames on the bus: publishing
//! costs as much as the rest of a small message.
//!
//! Each node publishes a heartbeat every few seconds and receives its own copy. Several own copies without a message of
//! another node mean that no peer is subscribed: the copies prove that messages would have arrived. A node that starts later
//! publishes before it has any room; frames that it missed until then are found by comparing heads with the database.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Own heartbeats received in a row, without a message of another node, after which this node has no peers.
const ALONE_AFTER: u32 = 4;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct PeerDetection {
    /// Own heartbeats received since the last message of another node.
    echoes: AtomicU32,
    /// The number of the last heartbeat sent, and when, until its copy arrives.
    sent: Mutex<Option<(u64, Instant)>>,
}

impl PeerDetection {
    /// A heartbeat with this number is being published.
    pub(super) fn record_sent(&self, number: u64) {
        *self.sent.lock() = Some((number, Instant::now()));
    }

    /// A message of this node's own arrived. Returns the round-trip time if it is the last heartbeat.
    pub(super) fn record_echo(&self, number: u64) -> Option<Duration> {
        let mut sent = self.sent.lock();
        let (_, at) = sent.take_if(|(repeated, _)| *repeated == number)?;
        self.echoes.fetch_add(1, Ordering::Relaxed);
        Some(at.elapsed())
    }

    /// A message of another node arrived, or may have been lost.
    pub(super) fn record_peer(&self) {
        self.echoes.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_alone(&self) -> bool {
        self.echoes.load(Ordering::Relaxed) >= ALONE_AFTER
    }
}

#[cfg(test)]
mod tests;
