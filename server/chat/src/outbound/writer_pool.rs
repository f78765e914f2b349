//! The pool of tasks that write what is queued, a few for all connections of a node.

use super::{Outbound, QUEUE_BYTES};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// Connections that one task writes before it yields, and above which a second task is woken: each is a system call.
pub const CONNECTIONS_PER_TURN: usize = 32;

/// See the module's documentation. Connections are written in the order in which they became due.
pub struct WriterPool {
    due: Mutex<VecDeque<Arc<Outbound>>>,
    /// Wakes a task that writes.
    some: Notify,
    /// See [`QUEUE_BYTES`]; the simulation has less.
    pub(super) queue_bytes: usize,
}

impl Default for WriterPool {
    fn default() -> Self {
        Self::new(QUEUE_BYTES)
    }
}

impl WriterPool {
    /// A pool for connections with at most `queue_bytes` waiting each.
    pub fn new(queue_bytes: usize) -> Self {
        Self { due: Mutex::default(), some: Notify::new(), queue_bytes }
    }

    /// Adds connections with something to write, each once.
    pub(super) fn add(&self, connections: impl IntoIterator<Item = Arc<Outbound>>) {
        self.due.lock().extend(connections);
        self.some.notify_one();
    }

    /// One of the tasks. Never ends.
    pub async fn run(self: Arc<Self>) {
        let mut batch = Vec::with_capacity(CONNECTIONS_PER_TURN);
        loop {
            if self.take(&mut batch) {
                self.some.notify_one();
            }
            if batch.is_empty() {
                self.some.notified().await;
                continue;
            }
            for outbound in batch.drain(..) {
                outbound.flush();
            }
            // Each flush is a system call, during which other tasks of this thread wait.
            tokio::task::yield_now().await;
        }
    }

    /// Takes the next connections. Returns true if there are more.
    fn take(&self, batch: &mut Vec<Arc<Outbound>>) -> bool {
        let mut due = self.due.lock();
        let count = due.len().min(CONNECTIONS_PER_TURN);
        batch.extend(due.drain(..count));
        !due.is_empty()
    }
}
