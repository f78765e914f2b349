//! One WebSocket as the rest of the node sees it: a queue, bounded in bytes, and a way to close it.

use super::encode;
use axum::extract::ws::Utf8Bytes;
use protocol::{CloseCode, ServerFrame, SessionId, UserId};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// Bytes that may wait for one reader. Beyond it the reader is too slow and is closed; what it misses is stored.
const QUEUE_BYTES: usize = 1024 * 1024;

/// Bytes above which signals are left out.
const SIGNAL_BYTES: usize = QUEUE_BYTES / 16;

/// A connection, shared by its own task (which ends it) and by the registry of the hub.
pub(crate) struct Connection {
    /// Tells connections of one session apart.
    pub(crate) id: Uuid,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    /// As others see the person.
    pub(crate) name: Box<str>,
    /// Read by the connection's own task.
    sender: mpsc::UnboundedSender<Utf8Bytes>,
    /// Bytes that wait in the queue.
    queued: AtomicUsize,
    /// Why it is to close; set once.
    closing: OnceLock<CloseCode>,
    /// Wakes the connection's task when `closing` is set.
    close_now: Notify,
}

/// The reading end of a connection's queue.
pub(crate) type Queue = mpsc::UnboundedReceiver<Utf8Bytes>;

impl Connection {
    pub(crate) fn new(user: UserId, session: SessionId, name: &str) -> (Self, Queue) {
        let (sender, queue) = mpsc::unbounded_channel();
        let connection = Self {
            id: Uuid::now_v7(),
            user,
            session,
            name: name.into(),
            sender,
            queued: AtomicUsize::new(0),
            closing: OnceLock::new(),
            close_now: Notify::new(),
        };
        (connection, queue)
    }

    pub(crate) fn send(&self, frame: &ServerFrame) {
        self.send_encoded(encode(frame));
    }

    /// Queues a frame that is shared with other connections. Never waits: a reader that is too slow is closed.
    pub(crate) fn send_encoded(&self, frame: Utf8Bytes) {
        if self.closing.get().is_some() {
            return;
        }
        let bytes = frame.len();
        if self.queued.fetch_add(bytes, Ordering::Relaxed) + bytes > QUEUE_BYTES {
            return self.close(CloseCode::SlowConsumer);
        }
        // Fails only after the connection's task has ended, when nobody reads any more.
        let _ = self.sender.send(frame);
    }

    /// Queues a frame that nobody misses, if little else waits. Whether it did.
    pub(crate) fn signal(&self, frame: &Utf8Bytes) -> bool {
        let has_room = self.queued() <= SIGNAL_BYTES;
        if has_room {
            self.send_encoded(frame.clone());
        }
        has_room
    }

    /// Bytes that wait for the reader.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Called by the connection's task for what it took from the queue.
    pub(crate) fn taken(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Asks the connection's task to close; the first reason counts.
    pub(crate) fn close(&self, code: CloseCode) {
        if self.closing.set(code).is_ok() {
            self.close_now.notify_one();
        }
    }

    /// Waits until the reader is known to be too slow.
    pub(crate) async fn overflown(&self) {
        while self.closing.get() != Some(&CloseCode::SlowConsumer) {
            self.close_now.notified().await;
        }
    }

    /// Waits until somebody asks to close.
    pub(crate) async fn closed(&self) -> CloseCode {
        loop {
            if let Some(code) = self.closing.get() {
                return *code;
            }
            self.close_now.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> (Connection, Queue) {
        Connection::new(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)), "Ada")
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_is_closed_and_loses_nothing_from_the_middle() {
        let (connection, mut queue) = connection();
        let frame = Utf8Bytes::from("x".repeat(QUEUE_BYTES / 4));
        for _ in 0..6 {
            connection.send_encoded(frame.clone());
        }
        assert_eq!(connection.closed().await, CloseCode::SlowConsumer);
        let mut frames = 0;
        while queue.try_recv().is_ok() {
            frames += 1;
        }
        assert_eq!(frames, 4, "the queue ends where it was full");
    }

    #[tokio::test]
    async fn a_reader_that_reads_gets_any_amount() {
        let (connection, mut queue) = connection();
        for _ in 0..64 {
            connection.send_encoded(Utf8Bytes::from("x".repeat(QUEUE_BYTES / 4)));
            connection.taken(queue.try_recv().unwrap().len());
        }
        assert!(connection.closing.get().is_none());
    }

    #[tokio::test]
    async fn the_first_reason_to_close_counts() {
        let (connection, _queue) = connection();
        connection.close(CloseCode::SessionRevoked);
        connection.close(CloseCode::GoingAway);
        assert_eq!(connection.closed().await, CloseCode::SessionRevoked);
    }
}
