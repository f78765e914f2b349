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
/// Frames in one write.
pub(crate) const AT_ONCE: usize = 16;

/// What a line writes to: a TCP connection, or what stands for one in tests.
pub(crate) trait Wire: Send + Sync {
    /// Writes what fits now and says how many bytes that were.
    ///
    /// # Errors
    /// `WouldBlock` where nothing fits; anything else means that the connection has broken.
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Ready once something fits again. Asked by one task only.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()>;
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
    flushers: Arc<Flushers>,
}

impl Line {
    pub(crate) fn new(wire: Arc<dyn Wire>, flushers: Arc<Flushers>) -> Arc<Self> {
        let (is_open, queue) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { wire, is_open, queue, attention: Notify::new(), flushers })
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
        let is_due = queue.push(frame);
        if queue.closing.is_some() {
            drop(queue);
            self.attention.notify_one();
        }
        is_due
    }

    /// What the WebSocket itself answers, a pong, say, in its place between frames.
    fn interject(&self, bytes: &[u8]) {
        self.lock().interject(bytes);
        self.flush();
    }

    /// Writes what is queued, as far as the system takes it now.
    fn flush(&self) {
        let mut queue = self.lock();
        let before = queue.bytes();
        while !queue.is_empty() {
            let mut parts = [IoSlice::new(&[]); AT_ONCE];
            let count = queue.fill(&mut parts);
            match self.wire.try_write(&parts[..count]) {
                Ok(bytes) if bytes > 0 => queue.advance(bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let has_written = queue.bytes() < before;
                    queue.block(has_written);
                    return self.attention.notify_one();
                }
                _ => {
                    queue.break_off();
                    return self.attention.notify_one();
                }
            }
        }
        queue.rest();
    }

    /// Asks the client's task to close; the first reason counts.
    pub(crate) fn close(&self, code: CloseCode) {
        self.lock().closing.get_or_insert(code);
        self.attention.notify_one();
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
                    is_quick = Box::pin(self.unblock(since)) => if !is_quick {
                        return Some(CloseCode::SlowConsumer);
                    }
                },
                (None, Turn::Idle | Turn::Queued) => self.attention.notified().await,
            }
        }
    }

    /// Writes what was queued before the line was closed: a `goaway`, say. A slow client has shown that it does not read.
    pub(crate) async fn finish(&self) {
        if self.lock().closing == Some(CloseCode::SlowConsumer) {
            return self.lock().drop_rest();
        }
        self.flush();
        while let Turn::Blocked(since) = { self.lock().turn } {
            if !self.unblock(since).await {
                return;
            }
        }
    }

    /// Writes more once more fits. Whether it did in time.
    async fn unblock(&self, since: Instant) -> bool {
        let writable = std::future::poll_fn(|cx| self.wire.poll_writable(cx));
        let is_quick = timeout_at(since + WRITE_TIMEOUT, writable).await.is_ok();
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
