//! Frames of the bus with a wrong signature: counted, and logged at most every [`LOG_INTERVAL`].

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How often rejected frames are logged at most.
pub const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Rejected(Mutex<(u64, Option<Instant>)>);

impl Rejected {
    /// Counts one more. Returns the count since the last log line, if a new one is due.
    pub(super) fn count(&self) -> Option<u64> {
        let mut state = self.0.lock();
        let (count, logged) = &mut *state;
        *count += 1;
        if logged.is_some_and(|logged| logged.elapsed() < LOG_INTERVAL) {
            return None;
        }
        *logged = Some(Instant::now());
        Some(std::mem::take(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_logged_now_and_then() {
        let rejected = Rejected::default();
        assert_eq!(rejected.count(), Some(1));
        assert!((0..1_000).all(|_| rejected.count().is_none()));
        tokio::time::sleep(LOG_INTERVAL).await;
        assert_eq!(rejected.count(), Some(1_001));
    }
}
