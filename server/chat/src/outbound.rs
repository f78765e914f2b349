//! The outbound side of one connection: a queue bounded in bytes, and the socket that it is written to.
//!
//! Sending a frame only queues it. The tasks of the [`WriterPool`] write what is queued, all frames of a client at once: a
//! message to a thousand people wakes one task, not a thousand. A client's own task reads, and writes only after the system
//! would not take more (`WouldBlock`).

mod frame;
pub mod queue;
mod upgradable_stream;
pub mod writer_pool;

pub use frame::Frame;
pub use queue::QUEUE_BYTES;
pub use upgradable_stream::UpgradableStream;
pub use writer_pool::WriterPool;

use parking_lot::Mutex;
use protocol::CloseCode;
use queue::{Queue, WriteState};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a client may take no byte of what is written before it counts as too slow.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The divisor of the queue's bound below which the next batch of what a client missed is added: a quarter, 256 KiB.
pub const CATCH_UP_SHARE: usize = 4;
/// Frames in one write.
pub const FRAMES_PER_WRITE: usize = 16;

/// What an outbound queue is written to: a TCP connection, or what stands for one in tests.
pub(crate) trait RawSocket: Send + Sync {
    /// Writes what fits now. Returns the number of bytes.
    ///
    /// # Errors
    /// `WouldBlock` if nothing fits; any other error means that the connection is broken.
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Ready once something fits again. Polled by one task only.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// Ends the connection in both directions, even while others hold it.
    fn shutdown(&self);
}

/// See the module's documentation.
pub struct Outbound {
    socket: Arc<dyn RawSocket>,
    /// Whether frames are written: before that, HTTP uses the connection.
    is_open: AtomicBool,
    /// Held during a write, which is non-blocking.
    queue: Mutex<Queue>,
    /// Wakes the client's own task: the connection is to close, has broken, or takes no more at the moment.
    attention: Notify,
    /// Wakes the client's own task where it waits for the queue to drain.
    drain: Notify,
    writers: Arc<WriterPool>,
}

impl Outbound {
    pub(crate) fn new(socket: Arc<dyn RawSocket>, writers: Arc<WriterPool>) -> Arc<Self> {
        let (is_open, queue) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { socket, is_open, queue, attention: Notify::new(), drain: Notify::new(), writers })
    }

    /// Starts to write frames. HTTP has nothing left to write.
    pub fn open(&self) {
        self.is_open.store(true, Ordering::Release);
    }

    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Queues a frame. Never waits: a client that is too slow is closed.
    pub fn send(self: &Arc<Self>, frame: Frame) {
        if self.queue(frame) {
            self.writers.add([Arc::clone(self)]);
        }
    }

    /// Queues frames for many connections.
    pub(crate) fn send_all<'a>(receivers: impl Iterator<Item = &'a Arc<Self>>, frames: &[Frame]) {
        let mut due = Vec::new();
        for outbound in receivers {
            let mut is_due = false;
            for frame in frames {
                is_due |= outbound.queue(frame.clone());
            }
            if is_due {
                due.push(Arc::clone(outbound));
            }
        }
        if let Some(writers) = due.first().map(|outbound| Arc::clone(&outbound.writers)) {
            writers.add(due);
        }
    }

    /// Returns true if the writer pool has to be notified.
    fn queue(&self, frame: Frame) -> bool {
        let mut queue = self.queue.lock();
        let is_due = queue.push(frame, self.writers.queue_bytes);
        if queue.closing.is_some() {
            drop(queue);
            self.report_end();
        }
        is_due
    }

    /// Queues bytes of the WebSocket library (a pong, a close frame) between frames.
    fn push_raw(&self, bytes: &[u8]) {
        self.queue.lock().push_raw(bytes, self.writers.queue_bytes);
        self.flush();
    }

    /// Writes what is queued, as far as the system takes it now.
    pub(crate) fn flush(&self) {
        let mut queue = self.queue.lock();
        let before = queue.bytes();
        while !queue.is_empty() {
            let mut parts = [IoSlice::new(&[]); FRAMES_PER_WRITE];
            let count = queue.fill(&mut parts);
            match self.socket.try_write(&parts[..count]) {
                Ok(bytes) if bytes > 0 => {
                    queue.advance(bytes);
                    self.report_drain(&mut queue);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let has_written = queue.bytes() < before;
                    queue.set_blocked(has_written);
                    return self.attention.notify_one();
                }
                _ => {
                    queue.set_broken();
                    return self.report_end();
                }
            }
        }
        queue.set_idle();
    }

    /// Asks the client's task to close; the first reason counts.
    pub fn close(&self, code: CloseCode) {
        self.queue.lock().closing.get_or_insert(code);
        self.report_end();
    }

    /// Ends the connection at once. What is queued is dropped.
    pub fn end(&self) {
        self.queue.lock().set_broken();
        self.socket.shutdown();
        self.report_end();
    }

    /// Continues blocked writes until the connection is to close. Returns the close code, or `None` if the connection is broken.
    /// Cancel safe; called by the client's task only.
    pub(crate) async fn run_until_closed(&self) -> Option<CloseCode> {
        loop {
            let (closing, state) = {
                let queue = self.queue.lock();
                (queue.closing, queue.state)
            };
            match (closing, state) {
                (Some(code), _) => return Some(code),
                (None, WriteState::Broken) => return None,
                // Boxed: few connections are blocked, and the future would have this size for all.
                (None, WriteState::Blocked(since)) => tokio::select! {
                    () = self.attention.notified() => {}
                    is_quick = Box::pin(self.unblock(since + WRITE_TIMEOUT)) => if !is_quick {
                        self.queue.lock().give_up();
                        self.drain.notify_one();
                    }
                },
                (None, WriteState::Idle | WriteState::Queued) => self.attention.notified().await,
            }
        }
    }

    /// Returns once little enough is queued for one more catch-up batch (flow control). Returns at once on a connection that is to
    /// close or is broken: frames for it are dropped. Cancel safe; called by the client's task only.
    pub(crate) async fn drained(&self) {
        while !self.is_drained() {
            self.drain.notified().await;
        }
    }

    /// See [`Outbound::drained`].
    pub(crate) fn is_drained(&self) -> bool {
        let mut queue = self.queue.lock();
        let is_over = queue.closing.is_some() || queue.state == WriteState::Broken;
        queue.is_drain_awaited = !is_over && !self.has_drained(&queue);
        !queue.is_drain_awaited
    }

    /// Wakes the client's own task because the connection is to close or has broken.
    fn report_end(&self) {
        self.attention.notify_one();
        self.drain.notify_one();
    }

    fn has_drained(&self, queue: &Queue) -> bool {
        queue.bytes() < self.writers.queue_bytes / CATCH_UP_SHARE
    }

    fn report_drain(&self, queue: &mut Queue) {
        if queue.is_drain_awaited && self.has_drained(queue) {
            queue.is_drain_awaited = false;
            self.drain.notify_one();
        }
    }

    /// Writes what was queued before the close, a `goaway` for example, until the deadline. For a client that is too slow only the
    /// rest of a started frame is left.
    pub async fn finish(&self, deadline: Instant) {
        self.flush();
        while matches!({ self.queue.lock().state }, WriteState::Blocked(_)) {
            if !self.unblock(deadline).await {
                return;
            }
        }
    }

    /// Waits until the socket is writable, then flushes. Returns false at the deadline.
    async fn unblock(&self, deadline: Instant) -> bool {
        let writable = std::future::poll_fn(|cx| self.socket.poll_writable(cx));
        let is_quick = timeout_at(deadline, writable).await.is_ok();
        if is_quick {
            self.flush();
        }
        is_quick
    }

    /// Queued bytes.
    pub fn queued(&self) -> usize {
        self.queue.lock().bytes()
    }
}

#[cfg(test)]
mod tests;
