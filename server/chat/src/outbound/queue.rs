//! The frames that wait for one client, bounded in bytes: plain data, without locks or waiting.

use super::Frame;
use bytes::Bytes;
use protocol::CloseCode;
use std::collections::VecDeque;
use std::io::IoSlice;
use tokio::time::Instant;

/// Bytes that may wait for one client behind the frame that is being written, whose own size does not count: an empty queue takes
/// any one frame. Above it the client is too slow and is closed (4002); it catches up after reconnecting.
pub const QUEUE_BYTES: usize = 1024 * 1024;
/// Frames for which an empty queue keeps its room.
const KEPT_CAPACITY: usize = 8;

/// The state of writing, and which task writes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WriteState {
    /// Nothing waits.
    #[default]
    Idle,
    /// A task of the writer pool will write.
    Queued,
    /// The system takes no more, since then; the client's own task will write.
    Blocked(Instant),
    /// The connection is broken: nothing is written any more.
    Broken,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Whether a part of the first has been written.
    begun: bool,
    pub(super) state: WriteState,
    /// Why the connection is to close; nothing is queued any more.
    pub(super) closing: Option<CloseCode>,
    /// Whether the client's own task waits for the queue to drain.
    pub(super) is_drain_awaited: bool,
}

impl Queue {
    /// Queues a frame behind at most `most` bytes. Returns true if the writer pool has to be notified.
    pub(super) fn push(&mut self, frame: Frame, most: usize) -> bool {
        if self.closing.is_some() || self.state == WriteState::Broken {
            return false;
        }
        let is_due = self.add(frame.into_bytes(), most) && self.state == WriteState::Idle;
        if is_due {
            self.state = WriteState::Queued;
        }
        is_due
    }

    /// Queues bytes of the WebSocket library; they are written even if the connection is to close.
    pub(super) fn push_raw(&mut self, bytes: &[u8], most: usize) {
        if self.state != WriteState::Broken {
            self.add(Bytes::copy_from_slice(bytes), most);
        }
    }

    /// Adds bytes. Returns false if there is no room: the client is too slow.
    fn add(&mut self, bytes: Bytes, most: usize) -> bool {
        let behind = self.waiting.front().map(|first| self.bytes - first.len() + bytes.len());
        let has_room = behind.is_none_or(|behind| behind <= most);
        if has_room {
            self.bytes += bytes.len();
            self.waiting.push_back(bytes);
        } else {
            self.give_up();
        }
        has_room
    }

    /// The client is too slow: queues nothing more, and keeps only the rest of a started frame, so that the close frame after it can
    /// be parsed.
    pub(super) fn give_up(&mut self) {
        if *self.closing.get_or_insert(CloseCode::SlowConsumer) == CloseCode::SlowConsumer {
            self.waiting.truncate(usize::from(self.begun));
            self.bytes = self.waiting.iter().map(Bytes::len).sum();
        }
    }

    /// Fills `parts` with what is written next. Returns their count.
    pub(super) fn fill<'a>(&'a self, parts: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (part, bytes) in parts.iter_mut().zip(&self.waiting) {
            *part = IoSlice::new(bytes);
            count += 1;
        }
        count
    }

    /// Removes written bytes.
    pub(super) fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while let Some(first) = self.waiting.front_mut() {
            if written < first.len() {
                // Nothing is copied.
                let _ = first.split_to(written);
                self.begun |= written > 0;
                return;
            }
            written -= first.len();
            self.begun = false;
            self.waiting.pop_front();
        }
    }

    /// Everything has been written.
    pub(super) fn set_idle(&mut self) {
        if self.state != WriteState::Broken {
            self.state = WriteState::Idle;
        }
        if self.waiting.capacity() > KEPT_CAPACITY {
            self.waiting = VecDeque::new();
        }
    }

    /// The system takes no more. Keeps the time of the first block until bytes are written.
    pub(super) fn set_blocked(&mut self, has_written: bool) {
        if has_written || !matches!(self.state, WriteState::Blocked(_)) {
            self.state = WriteState::Blocked(Instant::now());
        }
    }

    /// The connection has broken.
    pub(super) fn set_broken(&mut self) {
        self.state = WriteState::Broken;
        (self.waiting, self.bytes) = (VecDeque::new(), 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests;
