//! The bus wakes other nodes up. It may lose, double and reorder: the database is the truth.
//!
//! Two forms: in process (one node, or several in one test) and Redis. Both pass the same contract test.

pub(crate) mod memory;
pub(crate) mod redis;

use futures_util::stream::BoxStream;
use std::time::Duration;

/// What arrives from the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusEvent {
    /// Something was published on a channel that this node listens to, by whichever node, itself included.
    Message { channel: String, payload: String },
    /// Something may have been lost: the connection broke, or this node read too slowly.
    Interrupted,
}

/// One node's hold on the bus.
#[async_trait::async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Publishes without waiting. Kept in order for one channel while nothing breaks; dropped when it cannot be sent.
    fn publish(&self, channel: String, payload: String);
    /// Listens to these channels from now on. Returns once the bus knows, or after a short while without it: `Interrupted` follows then.
    async fn subscribe(&self, channels: Vec<String>);
    /// Stops listening to these channels.
    async fn unsubscribe(&self, channels: Vec<String>);
    /// What arrives, handed out once: the hub reads it for as long as the node lives.
    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>>;
    /// Counts one more under this key within a window that began with the first, over all nodes. None where the bus does
    /// not count, or cannot now.
    async fn count(&self, key: &str, window: Duration) -> Option<u64> {
        let _ = (key, window);
        None
    }
    /// Answers if the bus does; else with the reason.
    async fn ping(&self) -> Result<(), String>;
}
