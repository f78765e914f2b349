//! The order in which a node delivers a room's frames: by their numbers, each once. Detects gaps, messages
//! that the bus (Redis) has lost among them; reads nothing.
//!
//! Messages and revisions are separate streams. The next frame is delivered, a duplicate is dropped, and a frame ahead of a gap
//! waits until the gap is closed, by a late frame or from the store.

use super::envelope::StreamPosition;
use crate::outbound::Frame;
use protocol::{Rev, Seq};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a gap may stay before it is filled from the store: most are closed by a late frame.
pub const REORDER_TIMEOUT: Duration = Duration::from_millis(200);
/// Frames of one stream that may wait behind a gap. Further ones are dropped and read from the store.
pub const REORDER_MAX: usize = 1_000;

/// One of a room's two streams.
#[derive(Debug, Default)]
struct Stream {
    /// Everything up to here was delivered. None until the first number is known.
    head: Option<i64>,
    /// The highest known number.
    known: i64,
    /// Frames that are ahead of a gap.
    waiting: BTreeMap<i64, Frame>,
}

impl Stream {
    fn offer(&mut self, number: i64, frame: &Frame, out: &mut Vec<Frame>) {
        self.known = self.known.max(number);
        // Clients detect by their own cursors what they missed before the first frame here.
        let head = *self.head.get_or_insert(number - 1);
        if number > head {
            self.waiting.insert(number, frame.clone());
            self.take(out);
            while self.waiting.len() > REORDER_MAX {
                self.waiting.pop_last();
            }
        }
    }

    fn take(&mut self, out: &mut Vec<Frame>) {
        let Some(head) = &mut self.head else { return };
        while let Some(frame) = self.waiting.remove(&(*head + 1)) {
            out.push(frame);
            *head += 1;
        }
    }

    /// Everything up to here was delivered by another way.
    fn reach(&mut self, number: i64, out: &mut Vec<Frame>) {
        self.learn(number);
        self.head = self.head.max(Some(number));
        self.waiting = self.waiting.split_off(&(self.head.unwrap_or(number) + 1));
        self.take(out);
    }

    /// Learns the store's head.
    fn learn(&mut self, number: i64) {
        self.known = self.known.max(number);
        self.head.get_or_insert(number);
    }

    fn has_gap(&self) -> bool {
        self.head.is_some_and(|head| self.known > head)
    }
}

/// Both streams of one room on one node. Ends when its last local member has gone.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    messages: Stream,
    revisions: Stream,
    /// Since when something has been missing.
    gap_since: Option<Instant>,
}

impl Sequence {
    /// Takes a frame of this or another node. Returns the frames to deliver now, in order.
    pub(super) fn offer(&mut self, position: StreamPosition, frame: &Frame, now: Instant) -> Vec<Frame> {
        let mut out = Vec::new();
        match position {
            StreamPosition::Message(seq) => self.messages.offer(seq.0, frame, &mut out),
            StreamPosition::Revision(rev) => self.revisions.offer(rev.0, frame, &mut out),
            StreamPosition::Control(_) | StreamPosition::None | StreamPosition::Ephemeral => out.push(frame.clone()),
        }
        self.watch(now);
        out
    }

    /// Learns the store's head. Returns true if there is a gap.
    pub(super) fn learn(&mut self, (seq, rev): (Seq, Rev), now: Instant) -> bool {
        self.messages.learn(seq.0);
        self.revisions.learn(rev.0);
        self.watch(now);
        self.gap_since.is_some()
    }

    /// Everything up to here is being delivered. Returns the waiting frames that follow.
    pub(super) fn reach(&mut self, (seq, rev): (Seq, Rev), now: Instant) -> Vec<Frame> {
        let mut out = Vec::new();
        self.messages.reach(seq.0, &mut out);
        self.revisions.reach(rev.0, &mut out);
        self.watch(now);
        out
    }

    /// The head of the room on this node; none before its first number is known.
    pub(super) fn head(&self) -> Option<(Seq, Rev)> {
        Some((Seq(self.messages.head?), Rev(self.revisions.head.unwrap_or(0))))
    }

    /// Where the gap begins, if it is at least this old.
    pub(super) fn gap(&self, age: Duration, now: Instant) -> Option<(Seq, Rev)> {
        self.gap_since.filter(|since| now.duration_since(*since) >= age)?;
        // No revision is known yet: only those from now on matter.
        Some((Seq(self.messages.head?), Rev(self.revisions.head.unwrap_or(i64::MAX))))
    }

    /// Whether something is missing.
    pub(super) fn has_gap(&self) -> bool {
        self.gap_since.is_some()
    }

    fn watch(&mut self, now: Instant) {
        if self.messages.has_gap() || self.revisions.has_gap() {
            self.gap_since.get_or_insert(now);
        } else {
            self.gap_since = None;
        }
    }
}

#[cfg(test)]
mod tests;
