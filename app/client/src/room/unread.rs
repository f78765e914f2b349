//! Unread messages: texts by others after `read_seq`, counted as they come, exactly as the server counts them.

use super::Room;
use crate::timeline::counts;
use protocol::limits::UNREAD_MAX;
use protocol::{Message, RoomSummary, Seq, UserId};

/// The count, and how far it reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Every message up to this one is counted.
    pub(super) upto: Seq,
    /// Unread messages among these; at most one more than `UNREAD_MAX`.
    pub(super) unread: i64,
    /// What a system message says is taken into the summary up to this one. Never goes back.
    pub(super) facts: Seq,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { upto: Seq(0), unread: 0, facts: Seq(0) }
    }

    fn add(&mut self, count: i64) {
        self.unread = (self.unread + count).min(UNREAD_MAX + 1);
    }
}

impl Room {
    /// Counts the next message. Whether the summary differs by what it says.
    pub(super) fn count(&mut self, me: UserId, message: &Message) -> bool {
        let read = self.summary.as_ref().map_or(Seq(0), |summary| summary.read_seq);
        self.tally.upto = message.seq;
        if message.seq > read && counts(message, me) {
            self.tally.add(1);
        }
        if message.seq <= self.tally.facts {
            return false;
        }
        self.tally.facts = message.seq;
        self.learn_fact(me, message)
    }

    /// The summary as of the last message that is counted: what is known beyond it is not in its numbers yet.
    pub(crate) fn as_counted(&self, summary: &RoomSummary) -> RoomSummary {
        let Tally { upto, unread, .. } = self.tally;
        if !self.is_member() || upto >= summary.last_seq {
            return summary.clone();
        }
        // Nothing up to the mark is unread, counted or not.
        let unread = if upto > summary.read_seq { unread } else { 0 };
        RoomSummary { last_seq: upto.max(summary.read_seq), unread, ..summary.clone() }
    }

    /// The person has read up to here, on this device or another. Whether that is news.
    pub(crate) fn read(&mut self, me: UserId, seq: Seq) -> bool {
        let Some(summary) = self.summary.as_mut().filter(|summary| summary.read_seq < seq) else { return false };
        let before = summary.read_seq;
        summary.read_seq = seq;
        let (upto, unread) = (self.tally.upto, self.tally.unread);
        let counted = |after, upto| self.timeline.as_ref().and_then(|shown| shown.count(me, after, upto));
        if seq >= upto || unread == 0 {
            self.tally.unread = 0;
        } else if let Some(rest) = counted(seq, upto) {
            self.tally.unread = rest.min(UNREAD_MAX + 1);
        } else if let Some(read) = counted(before, seq).filter(|_| unread <= UNREAD_MAX) {
            self.tally.unread = (unread - read).max(0);
        } else {
            // Those rows are not here: they are fetched and counted once more, or where they are too many the server
            // tells its own count with the newest page.
            summary.unread = unread.min(upto.0 - seq.0);
            self.tally.upto = seq;
            self.tally.unread = 0;
        }
        self.show_count();
        true
    }

    /// Shows the count once it is complete; a recount shows the old estimate until then.
    pub(super) fn show_count(&mut self) -> crate::answer::Touched {
        let complete = self.tally.upto >= self.head;
        let mut touched = crate::answer::Touched::default();
        if let Some(summary) = self.summary.as_mut().filter(|summary| summary.role.is_some())
            && (complete || self.tally.unread > summary.unread)
            && summary.unread != self.tally.unread
        {
            summary.unread = self.tally.unread;
            touched.summary = true;
        }
        touched
    }
}
