//! The heartbeat of one connection: when the next one is due, and the idle timeout of the client.
//!
//! Both sides use it to detect a link that went silent without a close. The server sends a heartbeat every [`HEARTBEAT_INTERVAL`];
//! the client's WebSocket answers the ping in it, so something is received from a live client at least as often.

use protocol::limits::{HEARTBEAT_INTERVAL_MS, IDLE_TIMEOUT_MS};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Between two heartbeats of a connection.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(HEARTBEAT_INTERVAL_MS);
/// The idle timeout: a client from which nothing is received for this long, pongs included, is gone.
pub const IDLE_TIMEOUT: Duration = Duration::from_millis(IDLE_TIMEOUT_MS);
/// A timer that fires later than this says that the process itself was suspended: the client may have sent something
/// meanwhile that is not read yet.
const LATE_AFTER: Duration = Duration::from_secs(10);

/// What a heartbeat's timer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Send a heartbeat.
    Due,
    /// Nothing was received for [`IDLE_TIMEOUT`].
    Gone,
}

/// One timer for both moments. Ends with its connection.
pub struct Heartbeat {
    /// When something was last received.
    last_received: Instant,
    /// When the next heartbeat is due.
    next: Instant,
    /// Fires at the earlier of the two. Boxed: most of the size of an idle connection would be this.
    timer: Pin<Box<Sleep>>,
}

impl Heartbeat {
    /// Of a connection that was opened just now.
    pub fn start() -> Self {
        let now = Instant::now();
        let next = now + HEARTBEAT_INTERVAL;
        Self { last_received: now, next, timer: Box::pin(sleep_until(next)) }
    }

    /// Something was received, or a received frame was handled: nothing is read while that takes long.
    pub(crate) fn record_received(&mut self) {
        self.last_received = Instant::now();
        // Moving a timer back does not wake anything: a healthy connection wakes once for each heartbeat.
        self.arm();
    }

    /// Waits for the next thing to do. Cancel safe.
    pub(crate) async fn beat(&mut self) -> Beat {
        loop {
            self.timer.as_mut().await;
            let now = Instant::now();
            if now >= self.timer.deadline() + LATE_AFTER {
                self.last_received = now;
            }
            if now >= self.last_received + IDLE_TIMEOUT {
                return Beat::Gone;
            }
            let is_due = now >= self.next;
            if is_due {
                self.next = now + HEARTBEAT_INTERVAL;
            }
            self.arm();
            if is_due {
                return Beat::Due;
            }
        }
    }

    fn arm(&mut self) {
        let due = self.next.min(self.last_received + IDLE_TIMEOUT);
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
    }
}
