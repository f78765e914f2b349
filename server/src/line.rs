//! The way to one client: what waits to be written, and who writes it.
//!
//! Whoever has a frame for a client queues it and goes on. A few [`Flushers`] write what is queued, all frames of a client
//! at once: a message to a thousand people wakes one task, not a thousand. A client's own task reads, and writes only
//! where the system would not take more at the moment.

pub(crate) mod flushers;
mod frame;
pub(crate) mod queue;
mod stream;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use flushers::Flushers;
pub(crate) use frame::Frame;
pub(crate) use queue::QUEUE_BYTES;
pub(crate) use stream::Stream;

use protocol::CloseCode;
use queue::{Queue, Turn};
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a client may take nothing of what is written before it counts as too slow.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The divisor of the queue's bound below which the next batch of what a client missed is added: a quarter, 256 KiB.
pub(crate) const CATCH_UP_SHARE: usize = 4;
/// Frames in one write.
pub(crate) const FRAMES_PER_WRITE: usize = 16;

/// What a line writes to: a TCP connection, or what stands for one in tests.
pub(crate) trait Wire: Send + Sync {
    /// Writes what fits now and says how many bytes that were.
    ///
    /// # Errors
    /// `WouldBlock` where nothing fits; anything else means that the connection has broken.
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Ready once something fits again. Asked by one task only.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// Ends the connection in both directions, whoever else holds it.
    fn shutdown(&self);
}

/// See the module's documentation.
pub(crate) struct Line {
    wire: Arc<dyn Wire>,
    /// Whether frames go out: before that, the connection is HTTP's.
    is_open: AtomicBool,
    /// Held while the system copies what is written, which does not wait for anybody.
    queue: Mutex<Queue>,
    /// Wakes the client's own task: the line is to close, has broken, or takes no more at the moment.
    attention: Notify,
    /// Wakes the client's own task where it waits for the queue to drain.
    drain: Notify,
    flushers: Arc<Flushers>,
}

impl Line {
    pub(crate) fn new(wire: Arc<dyn Wire>, flushers: Arc<Flushers>) -> Arc<Self> {
        let (is_open, queue) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { wire, is_open, queue, attention: Notify::new(), drain: Notify::new(), flushers })
    }

    /// From now on frames go out. HTTP has nothing left to write.
    pub(crate) fn open(&self) {
        self.is_open.store(true, Ordering::Release);
    }

    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Queues a frame. Never waits: a client that is too slow is closed.
    pub(crate) fn send(self: &Arc<Self>, frame: Frame) {
        if self.queue(frame) {
            self.flushers.add([Arc::clone(self)]);
        }
    }

    /// Queues a frame for many.
    pub(crate) fn send_all<'a>(lines: impl Iterator<Item = &'a Arc<Self>>, frames: &[Frame]) {
        let mut due = Vec::new();
        for line in lines {
            let mut is_due = false;
            for frame in frames {
                is_due |= line.queue(frame.clone());
            }
            if is_due {
                due.push(Arc::clone(line));
            }
        }
        if let Some(flushers) = due.first().map(|line| Arc::clone(&line.flushers)) {
            flushers.add(due);
        }
    }

    /// Whether somebody has to be told to write now.
    fn queue(&self, frame: Frame) -> bool {
        let mut queue = self.lock();
        let is_due = queue.push(frame, self.flushers.queue_bytes);
        if queue.closing.is_some() {
            drop(queue);
            self.report_end();
        }
        is_due
    }

    /// What the WebSocket itself answers, a pong, say, in its place between frames.
    fn interject(&self, bytes: &[u8]) {
        self.lock().interject(bytes, self.flushers.queue_bytes);
        self.flush();
    }

    /// Writes what is queued, as far as the system takes it now.
    fn flush(&self) {
        let mut queue = self.lock();
        let before = queue.bytes();
        while !queue.is_empty() {
            let mut parts = [IoSlice::new(&[]); FRAMES_PER_WRITE];
            let count = queue.fill(&mut parts);
            match self.wire.try_write(&parts[..count]) {
                Ok(bytes) if bytes > 0 => {
                    queue.advance(bytes);
                    self.report_drain(&mut queue);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let has_written = queue.bytes() < before;
                    queue.block(has_written);
                    return self.attention.notify_one();
                }
                _ => {
                    queue.break_off();
                    return self.report_end();
                }
            }
        }
        queue.rest();
    }

    /// Asks the client's task to close; the first reason counts.
    pub(crate) fn close(&self, code: CloseCode) {
        self.lock().closing.get_or_insert(code);
        self.report_end();
    }

    /// Ends the connection at once. What is queued is dropped.
    pub(crate) fn end(&self) {
        self.lock().break_off();
        self.wire.shutdown();
        self.report_end();
    }

    /// Goes on writing where the client took nothing for a while, until the line is to end: with the code to close with,
    /// or none where it has broken. May be dropped and called again; by the client's task only.
    pub(crate) async fn attend(&self) -> Option<CloseCode> {
        loop {
            let (closing, turn) = {
                let queue = self.lock();
                (queue.closing, queue.turn)
            };
            match (closing, turn) {
                (Some(code), _) => return Some(code),
                (None, Turn::Broken) => return None,
                // Boxed: hardly any line is blocked, and all would have the size of it.
                (None, Turn::Blocked(since)) => tokio::select! {
                    () = self.attention.notified() => {}
                    is_quick = Box::pin(self.unblock(since + WRITE_TIMEOUT)) => if !is_quick {
                        self.lock().give_up();
                        self.drain.notify_one();
                    }
                },
                (None, Turn::Idle | Turn::Queued) => self.attention.notified().await,
            }
        }
    }

    /// Returns once little enough is queued for one more batch of what the client missed: flow control for what is not
    /// live. Returns at once on a line that is to close or has broken: nothing that is sent on it is kept. May be dropped
    /// and called again; by the client's task only.
    pub(crate) async fn drained(&self) {
        while !self.is_drained() {
            self.drain.notified().await;
        }
    }

    /// See [`Line::drained`].
    pub(crate) fn is_drained(&self) -> bool {
        let mut queue = self.lock();
        let is_over = queue.closing.is_some() || queue.turn == Turn::Broken;
        queue.is_drain_awaited = !is_over && !self.has_drained(&queue);
        !queue.is_drain_awaited
    }

    /// Wakes the client's own task because the line is to close or has broken.
    fn report_end(&self) {
        self.attention.notify_one();
        self.drain.notify_one();
    }

    fn has_drained(&self, queue: &Queue) -> bool {
        queue.bytes() < self.flushers.queue_bytes / CATCH_UP_SHARE
    }

    fn report_drain(&self, queue: &mut Queue) {
        if queue.is_drain_awaited && self.has_drained(queue) {
            queue.is_drain_awaited = false;
            self.drain.notify_one();
        }
    }

    /// Writes what was queued before the line was closed, a `goaway`, say, as far as the client takes it by then. Of what
    /// waits for a client that is too slow nothing is left but the rest of a frame that was begun.
    pub(crate) async fn finish(&self, deadline: Instant) {
        self.flush();
        while matches!({ self.lock().turn }, Turn::Blocked(_)) {
            if !self.unblock(deadline).await {
                return;
            }
        }
    }

    /// Writes more once more fits. Whether it did by then.
    async fn unblock(&self, deadline: Instant) -> bool {
        let writable = std::future::poll_fn(|cx| self.wire.poll_writable(cx));
        let is_quick = timeout_at(deadline, writable).await.is_ok();
        if is_quick {
            self.flush();
        }
        is_quick
    }

    /// Bytes that wait for the client.
    pub(crate) fn queued(&self) -> usize {
        self.lock().bytes()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
