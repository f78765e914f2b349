//! The bus of a single program: a broadcast within the process.

use super::{Bus, BusEvent};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// Events between two nodes of one process that may wait to be read.
const CAPACITY: usize = 4_096;

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
        let channels = Arc::new(Mutex::new(HashSet::new()));
        let (events, receiver) = mpsc::channel(CAPACITY);
        tokio::spawn(forward(self.0.subscribe(), Arc::clone(&channels), events));
        MemoryBus { exchange: self.0.clone(), channels, receiver: Mutex::new(Some(receiver)) }
    }
}

/// See [`Bus`].
pub struct MemoryBus {
    exchange: broadcast::Sender<(String, String)>,
    /// What this node listens to; its forwarding task filters by it.
    channels: Arc<Mutex<HashSet<String>>>,
    receiver: Mutex<Option<mpsc::Receiver<BusEvent>>>,
}

/// Ends when the node's hub has dropped its receiver.
async fn forward(
    mut exchange: broadcast::Receiver<(String, String)>,
    channels: Arc<Mutex<HashSet<String>>>,
    events: mpsc::Sender<BusEvent>,
) {
    loop {
        let event = match exchange.recv().await {
            Ok((channel, payload)) => {
                if !channels.lock().unwrap_or_else(PoisonError::into_inner).contains(&channel) {
                    continue;
                }
                BusEvent::Message { channel, payload }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => BusEvent::Gap,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if events.send(event).await.is_err() {
            return;
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
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).extend(channels);
    }

    async fn unsubscribe(&self, channels: Vec<String>) {
        let mut held = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in channels {
            held.remove(&channel);
        }
    }

    fn take_events(&self) -> Option<mpsc::Receiver<BusEvent>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }
}
