//! The bus of a single program: a broadcast within the process.

use super::{Bus, BusEvent};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events between two nodes of one process that may wait to be read.
pub const CAPACITY: usize = 4_096;

/// What a node listens to: shared by its hold on the bus and by what arrives there.
type Channels = Arc<Mutex<HashSet<String>>>;

/// What the nodes of one process share. A production node has one of its own, and then nothing is sent at all.
#[derive(Clone)]
pub struct Exchange(broadcast::Sender<(String, String)>);

impl Default for Exchange {
    fn default() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }
}

impl Exchange {
    /// One more node's hold on the exchange.
    #[must_use]
    pub fn bus(&self) -> MemoryBus {
        let channels = Arc::default();
        let incoming = Incoming { exchange: self.0.subscribe(), channels: Arc::clone(&channels) };
        MemoryBus { exchange: self.0.clone(), channels, incoming: Mutex::new(Some(incoming)) }
    }
}

/// See [`Bus`].
pub struct MemoryBus {
    exchange: broadcast::Sender<(String, String)>,
    channels: Channels,
    incoming: Mutex<Option<Incoming>>,
}

/// What arrives.
struct Incoming {
    exchange: broadcast::Receiver<(String, String)>,
    channels: Channels,
}

impl Incoming {
    async fn next(mut self) -> Option<(BusEvent, Self)> {
        loop {
            let event = match self.exchange.recv().await {
                Ok((channel, payload)) => {
                    if !self.channels.lock().contains(&channel) {
                        continue;
                    }
                    BusEvent::Message { channel, payload }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => BusEvent::Interrupted,
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            return Some((event, self));
        }
    }
}

#[async_trait::async_trait]
impl Bus for MemoryBus {
    fn publish(&self, channel: String, payload: String) {
        // A node that is alone would only hear itself.
        if self.exchange.receiver_count() > 1 {
            let _ = self.exchange.send((channel, payload));
        }
    }

    async fn subscribe(&self, channels: Vec<String>) {
        self.channels.lock().extend(channels);
    }

    async fn unsubscribe(&self, channels: Vec<String>) {
        let mut held = self.channels.lock();
        for channel in channels {
            held.remove(&channel);
        }
    }

    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>> {
        let incoming = self.incoming.lock().take()?;
        Some(unfold(incoming, Incoming::next).boxed())
    }

    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }
}
