//! In which order a room's frames leave a node: by their numbers, each once. Decides what is missing; reads nothing.
//!
//! Messages and revisions are two streams of their own. What is next in line goes out, what was there already is dropped,
//! and what is ahead of a gap waits until the gap is closed, by a straggler or from the store.

use super::envelope::StreamPosition;
use crate::outbound::Frame;
use protocol::{Rev, Seq};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a gap may stay before the store is asked: most are closed by a frame that is under way.
pub(crate) const REORDER_TIMEOUT: Duration = Duration::from_millis(200);
/// Frames of one stream that may wait behind a gap. What is left out is read from the store.
pub(crate) const REORDER_MAX: usize = 1_000;

/// One of a room's two streams.
#[derive(Debug, Default)]
struct Stream {
    /// Everything up to here has gone out. None until the first number is heard.
    head: Option<i64>,
    /// The highest number heard of.
    known: i64,
    /// Frames that are ahead of a gap.
    waiting: BTreeMap<i64, Frame>,
}

impl Stream {
    fn offer(&mut self, number: i64, frame: &Frame, out: &mut Vec<Frame>) {
        self.known = self.known.max(number);
        // Who is in the room knows by their own numbers what they missed before the first one here.
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

    /// Everything up to here has gone out by another way.
    fn reach(&mut self, number: i64, out: &mut Vec<Frame>) {
        self.learn(number);
        self.head = self.head.max(Some(number));
        self.waiting = self.waiting.split_off(&(self.head.unwrap_or(number) + 1));
        self.take(out);
    }

    /// The store has got as far as this.
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
    /// A frame has come, from here or from another node: those that go out now, in order.
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

    /// The store has got as far as this. Whether something is missing here.
    pub(super) fn learn(&mut self, (seq, rev): (Seq, Rev), now: Instant) -> bool {
        self.messages.learn(seq.0);
        self.revisions.learn(rev.0);
        self.watch(now);
        self.gap_since.is_some()
    }

    /// What was missing up to here goes out now: the frames that follow it.
    pub(super) fn reach(&mut self, (seq, rev): (Seq, Rev), now: Instant) -> Vec<Frame> {
        let mut out = Vec::new();
        self.messages.reach(seq.0, &mut out);
        self.revisions.reach(rev.0, &mut out);
        self.watch(now);
        out
    }

    /// How far the room is here; none before anything was heard of it.
    pub(super) fn head(&self) -> Option<(Seq, Rev)> {
        Some((Seq(self.messages.head?), Rev(self.revisions.head.unwrap_or(0))))
    }

    /// Where a gap begins that is as old as this.
    pub(super) fn gap(&self, age: Duration, now: Instant) -> Option<(Seq, Rev)> {
        self.gap_since.filter(|since| now.duration_since(*since) >= age)?;
        // Nothing was heard of revisions: those from now on are what matters.
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
