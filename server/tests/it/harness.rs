//! Starts nodes as `main` does, and talks to them as browsers and programs do.

mod database;
mod node;
mod person;
mod proxy;
mod ws;

pub(crate) use database::{fresh_postgres, redis_url};
pub(crate) use node::{Node, Options};
pub(crate) use person::{Answer, PASSWORD, Person, anonymous, plain_client};
pub(crate) use proxy::Proxy;
pub(crate) use ws::Ws;

use std::time::Duration;

/// How long a condition may take to come true before a test fails. No test waits for time to pass.
pub(crate) const CONDITION_TIMEOUT: Duration = Duration::from_secs(20);

/// Asks again and again until `look` answers something.
///
/// # Panics
/// Where it has not by then; `what` says what was waited for.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(CONDITION_TIMEOUT, what, look).await
}

/// The same for what the server itself lets wait.
///
/// # Panics
/// As [`until`].
pub(crate) async fn until_within<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
