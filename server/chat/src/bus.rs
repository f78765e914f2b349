//! The bus carries frames between nodes. It may lose, duplicate and reorder them: the database is the source of truth.
//!
//! Two forms: in process (one node, or several in one test) and Redis. Both pass the same contract test.

pub mod memory;
pub mod redis;

use futures_util::stream::BoxStream;
use std::time::Duration;

/// What arrives from the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusEvent {
    /// A message on a subscribed channel, of any node, this one included.
    Message { channel: String, payload: String },
    /// Messages may have been lost: the connection broke, or this node read too slowly.
    Interrupted,
}

/// One node's handle of the bus.
#[async_trait::async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Publishes without waiting. Order per channel is kept while the connection lives; a message that cannot be sent is dropped.
    fn publish(&self, channel: String, payload: String);
    /// Subscribes to these channels. Returns once the bus has confirmed, or after a timeout: `Interrupted` follows then.
    async fn subscribe(&self, channels: Vec<String>);
    /// Unsubscribes from these channels.
    async fn unsubscribe(&self, channels: Vec<String>);
    /// Takes the stream of events, once: the hub reads it for as long as the node lives.
    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>>;
    /// Increments a counter shared by all nodes, within a window that began with the first increment. Returns `None` if the bus does
    /// not count, or cannot now.
    async fn count(&self, key: &str, window: Duration) -> Option<u64> {
        let _ = (key, window);
        None
    }
    /// Pings the bus. Returns the reason if it does not answer.
    async fn ping(&self) -> Result<(), String>;
}
