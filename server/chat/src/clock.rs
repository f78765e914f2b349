//! The wall clock, read at the edge and handed down. It labels messages and ages sessions; it orders nothing.

use protocol::UnixMillis;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Where `chat` takes the time and fresh ids from: nothing else in it differs between two runs with the same inputs.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> UnixMillis;
    /// A UUIDv7 that nobody has had before.
    fn id(&self) -> Uuid;
}

/// The machine's own.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        now()
    }

    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Now, in milliseconds since the Unix epoch; 0 on a machine whose clock stands before it.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
