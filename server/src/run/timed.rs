//! How long background work holds a thread of the runtime without giving way, which delays the deliveries of that thread.

use prometheus_client::metrics::histogram::Histogram;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// A task of which each poll is measured, in seconds.
pub(super) struct Timed<F> {
    task: Pin<Box<F>>,
    polls: Histogram,
}

impl<F: Future> Timed<F> {
    pub(super) fn new(task: F, polls: Histogram) -> Self {
        Self { task: Box::pin(task), polls }
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = Instant::now();
        let poll = self.task.as_mut().poll(context);
        self.polls.observe(began.elapsed().as_secs_f64());
        poll
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use std::time::Duration;

    #[tokio::test]
    async fn a_poll_that_does_not_give_way_is_measured() {
        let metrics = Metrics::default();
        let task = async {
            tokio::task::yield_now().await;
            std::thread::sleep(Duration::from_millis(30));
        };
        Timed::new(task, metrics.background_poll.clone()).await;
        let text = metrics.encode().unwrap();
        let count = |line: &str| {
            let found = text.lines().find_map(|known| known.strip_prefix(line)).unwrap_or_else(|| panic!("{text}"));
            found.trim().parse::<u64>().unwrap()
        };
        assert_eq!(count("jackdaw_background_poll_seconds_count "), 2);
        assert!(count("jackdaw_background_poll_seconds_bucket{le=\"0.0256\"} ") <= 1, "{text}");
    }
}
