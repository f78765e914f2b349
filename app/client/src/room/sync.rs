//! How far this device has a room, and how revisions and what it missed bring it on.

use super::Room;
use crate::answer::Touched;
use crate::marks::Marks;
use crate::timeline::Timeline;
use protocol::{HistoryPage, Message, Reaction, Rev, RoomSummary, Seq, UserId};

impl Room {
    /// Everything up to here is on this device: messages are counted, and in the window if it follows them; revisions
    /// are in what is here.
    pub(crate) fn cursor(&self) -> (Seq, Rev) {
        let shown = self.timeline.as_ref().filter(|shown| shown.is_at_newest()).map(Timeline::last);
        (shown.map_or(self.tally.upto, |shown| shown.min(self.tally.upto)), self.rev)
    }

    /// Every revision up to this one is in all rows that are shown.
    pub(crate) fn shown_rev(&self) -> Rev {
        self.recounted.map_or(self.rev, |rev| rev.min(self.rev))
    }

    /// There are revisions up to here, whether they have come or not.
    pub(crate) fn raise_head_rev(&mut self, rev: Rev) {
        self.head_rev = self.head_rev.max(rev);
    }

    /// One revision has come, live. It may have overtaken the message itself, which is then known by it.
    pub(crate) fn change(&mut self, me: UserId, message: &Message) -> Touched {
        let mut touched = self.revise(message);
        if message.seq > self.cursor().0 {
            touched |= self.receive(me, message.clone());
        }
        if message.rev == self.rev.next() {
            self.rev = message.rev;
        }
        self.raise_head_rev(message.rev);
        touched
    }

    /// A reaction came or went, live. It says what differs and not the row: so it is applied only where every revision
    /// before it is in what is here, and the message too. Otherwise it leaves a gap, and `sync:more` brings the row.
    pub(crate) fn react(
        &mut self,
        seq: Seq,
        rev: Rev,
        (user, emoji, on): (UserId, &str, bool),
        in_order: bool,
    ) -> Touched {
        self.raise_head_rev(rev);
        let mut touched = Touched::default();
        // What waits for batches may lack revisions before this one.
        let is_ahead = self.partial.is_none() && self.ahead.contains_key(&seq);
        let is_here = seq <= self.cursor().0 || is_ahead;
        if in_order && (rev != self.rev.next() || !is_here) {
            return touched;
        }
        self.rev = self.rev.max(rev);
        let react = |row: &mut Message| {
            let is_news = row.rev < rev;
            if is_news {
                Reaction::set(&mut row.reactions, emoji, user, on);
                row.rev = rev;
            }
            is_news
        };
        self.ahead.get_mut(&seq).map(react);
        touched.rows = self.timeline.as_mut().and_then(|shown| shown.row_mut(seq)).is_some_and(react);
        // A preview has no reactions.
        let last = self.summary.as_mut().and_then(|summary| summary.last_message.as_mut());
        if let Some(last) = last.filter(|last| last.seq == seq && last.rev < rev) {
            last.rev = rev;
            touched.summary = true;
        }
        touched
    }

    /// Takes the later state of a message that is here, wherever it is.
    fn revise(&mut self, message: &Message) -> Touched {
        let mut touched = Touched::default();
        if let Some(ahead) = self.ahead.get_mut(&message.seq).filter(|ahead| ahead.rev < message.rev) {
            ahead.clone_from(message);
        }
        if let Some(shown) = &mut self.timeline {
            touched.rows = shown.revise(message);
        }
        let last = self.summary.as_mut().and_then(|summary| summary.last_message.as_mut());
        if let Some(last) = last.filter(|last| last.seq == message.seq && last.rev < message.rev) {
            *last = message.preview();
            touched.summary = true;
        }
        touched
    }

    /// What a device at `from` did not have. One that is elsewhere takes what it can use.
    pub(crate) fn catch_up(
        &mut self,
        me: UserId,
        from: (Seq, Rev),
        rows: Vec<Message>,
        to: (Seq, Rev),
        more: bool,
        holds_back: bool,
    ) -> Touched {
        let mut touched = Touched::default();
        let (seq, rev) = self.cursor();
        let applies = seq >= from.0 && rev >= from.1 && (seq <= to.0 || !more);
        if applies {
            self.partial = Some(to.0).filter(|_| more && holds_back);
        }
        for row in &rows {
            touched |= self.revise(row);
        }
        touched |= self.raise_head(to.0);
        if applies && more && to.1 > rev && self.timeline.as_ref().is_some_and(|shown| shown.last() > to.0) {
            self.recounted = Some(self.recounted.map_or(rev, |before| before.min(rev)));
        }
        touched |= self.fill(me, rows);
        // Beyond `to` nothing was revised yet when the rows were read, unless there was more than they are.
        if applies && (self.cursor().0 <= to.0 || !more) {
            self.rev = self.rev.max(to.1);
        }
        self.raise_head_rev(to.1);
        touched
    }

    /// Too much was missed: what is here is replaced.
    pub(crate) fn reset(&mut self, me: UserId, summary: RoomSummary, rows: Vec<Message>, to: (Seq, Rev)) -> Touched {
        let before = self.summary.clone();
        let had_rows = self.timeline.take().is_some();
        let rev = to.1;
        if self.head > to.0 {
            // Nor has anybody read what is not there.
            self.marks = Marks::new();
        }
        self.head = to.0;
        self.head_rev = rev;
        self.partial = None;
        self.recounted = None;
        self.tally.upto = Seq(0);
        self.tally.facts = Seq(0);
        self.ahead.clear();
        if let Some(old) = &mut self.summary {
            // What it says may be of a time that the server has not seen.
            old.last_message = None;
            old.last_seq = Seq(0);
            old.last_rev = Rev(0);
            old.read_seq = old.read_seq.min(to.0);
        }
        let mut touched = self.learn(me, summary);
        self.rev = rev;
        if had_rows {
            touched |= self.load(me, HistoryPage { messages: rows, next_cursor: None, rev });
        } else {
            touched |= self.fill(me, rows);
        }
        touched.summary = self.summary != before;
        touched
    }
}
