//! Requests are dropped when their client hangs up. What changes something must not end between the commit and the frames
//! that tell of it, so it runs in a task of its own.

use super::Chat;
use crate::Error;
use std::sync::Arc;

impl Chat {
    /// Runs `work` to its end, even if the caller does not wait for it any more.
    pub(super) async fn complete<T, F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let task = tokio::spawn(work(Arc::clone(self)));
        // A panic has been logged with its place; the process's end cancels.
        task.await.unwrap_or_else(|error| Err(Error::Internal(format!("a change did not come to its end: {error}"))))
    }
}

#[cfg(test)]
mod tests;
