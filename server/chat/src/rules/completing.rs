//! A request is cancelled when its client hangs up. A write must not be cancelled between the commit and its frames, so it runs
//! in a task of its own.

use super::Chat;
use crate::Error;
use std::sync::Arc;

impl Chat {
    /// Runs `work` to its end, even if the caller is dropped.
    pub(super) async fn complete<T, F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let task = tokio::spawn(work(Arc::clone(self)));
        // A panic was logged already; the end of the process cancels tasks.
        task.await.unwrap_or_else(|error| Err(Error::Internal(format!("a change did not come to its end: {error}"))))
    }
}

#[cfg(test)]
mod tests;
