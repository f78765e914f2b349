//! The tasks that write what is queued, a few for all lines of a node.

use super::{Line, QUEUE_BYTES};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Lines that one task writes before others have their turn, and from which on a second task helps: each is a system call.
pub(crate) const CONNECTIONS_PER_TURN: usize = 32;

/// Lines that wait to be written, first come, first served.
pub(crate) struct Flushers {
    due: Mutex<VecDeque<Arc<Line>>>,
    /// Wakes a task that writes.
    some: Notify,
    /// See [`QUEUE_BYTES`]; the simulation has less.
    pub(super) queue_bytes: usize,
}

impl Default for Flushers {
    fn default() -> Self {
        Self::new(QUEUE_BYTES)
    }
}

impl Flushers {
    /// For lines on each of which at most so many bytes wait.
    pub(crate) fn new(queue_bytes: usize) -> Self {
        Self { due: Mutex::default(), some: Notify::new(), queue_bytes }
    }

    /// Lines on which something waits, each once.
    pub(super) fn add(&self, lines: impl IntoIterator<Item = Arc<Line>>) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
        self.some.notify_one();
    }

    /// One of the tasks. Never ends.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut lines = Vec::with_capacity(CONNECTIONS_PER_TURN);
        loop {
            if self.take(&mut lines) {
                self.some.notify_one();
            }
            if lines.is_empty() {
                self.some.notified().await;
                continue;
            }
            for line in lines.drain(..) {
                line.flush();
            }
            // A system call each is a while, and tasks that share this thread wait meanwhile.
            tokio::task::yield_now().await;
        }
    }

    /// Whether there are more.
    fn take(&self, lines: &mut Vec<Arc<Line>>) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let count = due.len().min(CONNECTIONS_PER_TURN);
        lines.extend(due.drain(..count));
        !due.is_empty()
    }
}
