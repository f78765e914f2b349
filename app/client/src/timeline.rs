//! The stored rows of one room that this device shows: one range of numbers without gaps. Knows nothing of the outbox.

use protocol::{Message, MessageKind, Seq, UserId};
use std::collections::VecDeque;

/// Rows in a window. Beyond it the far end is dropped, and paged in again when looked at.
pub const WINDOW: usize = 300;

/// Rows `start + 1 ..= last`, all of them.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// The number before the first row.
    start: Seq,
    rows: VecDeque<Message>,
    /// Whether new messages belong at the end. Not so once the newest rows were dropped for older ones.
    at_newest: bool,
}

impl Timeline {
    /// From the newest page. Rows before a gap in it, which no server sends, are left out.
    pub(crate) fn new(page: Vec<Message>) -> Self {
        let mut timeline = Self { start: Seq(0), rows: VecDeque::new(), at_newest: true };
        if let Some(last) = page.last() {
            timeline.start = last.seq;
        }
        timeline.extend_front(page);
        timeline.trim_front();
        timeline
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Message> {
        self.rows.iter()
    }

    pub(crate) const fn start(&self) -> Seq {
        self.start
    }

    pub(crate) fn last(&self) -> Seq {
        self.rows.back().map_or(self.start, |row| row.seq)
    }

    pub(crate) const fn is_at_newest(&self) -> bool {
        self.at_newest
    }

    /// Appends the next message; anything else is left out.
    pub(crate) fn push(&mut self, message: Message) {
        if self.at_newest && message.seq == self.last().next() {
            self.rows.push_back(message);
            self.trim_front();
        }
    }

    /// Puts the page before the first row in front. Whether anything came of it.
    pub(crate) fn prepend(&mut self, page: Vec<Message>) -> bool {
        let before = self.start;
        if page.last().is_some_and(|last| last.seq == before) {
            self.extend_front(page);
        }
        if self.rows.len() > WINDOW {
            self.rows.truncate(WINDOW);
            self.at_newest = false;
        }
        self.start != before
    }

    /// Takes the rows of another range where the two meet; else the one that reaches further stays. Whether anything
    /// differs.
    pub(crate) fn join(&mut self, other: Self) -> bool {
        let further = other.last() > self.last();
        let other = if further { std::mem::replace(self, other) } else { other };
        let start = self.start;
        let mut differs = further;
        if other.last() < start {
            return differs;
        }
        for row in other.rows.into_iter().rev() {
            if row.seq > start {
                differs |= self.revise(&row);
            } else if self.rows.len() < WINDOW {
                self.extend_front(vec![row]);
            }
        }
        differs || self.start != start
    }

    /// Replaces a row by a later state of it. Whether anything differs.
    pub(crate) fn revise(&mut self, message: &Message) -> bool {
        let place = usize::try_from(message.seq.0 - self.start.0 - 1).ok();
        let row = place.and_then(|place| self.rows.get_mut(place)).filter(|row| row.rev < message.rev);
        if let Some(row) = row {
            row.clone_from(message);
            return true;
        }
        false
    }

    pub(crate) fn row_mut(&mut self, seq: Seq) -> Option<&mut Message> {
        self.rows.get_mut(usize::try_from(seq.0 - self.start.0 - 1).ok()?)
    }

    /// The row with this number, if it is here.
    pub(crate) fn row(&self, seq: Seq) -> Option<&Message> {
        self.rows.get(usize::try_from(seq.0 - self.start.0 - 1).ok()?)
    }

    /// Unread messages among the rows after one and up to another; none where not all of these are here.
    pub(crate) fn count(&self, me: UserId, after: Seq, upto: Seq) -> Option<i64> {
        if after < self.start || upto > self.last() {
            return None;
        }
        let rows = self.rows.iter().filter(|row| row.seq > after && row.seq <= upto && counts(row, me));
        i64::try_from(rows.count()).ok()
    }

    fn extend_front(&mut self, page: Vec<Message>) {
        for row in page.into_iter().rev() {
            if row.seq != self.start {
                return;
            }
            self.start = Seq(row.seq.0 - 1);
            self.rows.push_front(row);
        }
    }

    fn trim_front(&mut self) {
        while self.rows.len() > WINDOW {
            self.rows.pop_front();
            self.start = self.start.next();
        }
    }
}

/// Whether the message is one that can be unread: a text of somebody else. A deleted one stays one, so that no revision
/// changes a count.
pub(crate) fn counts(message: &Message, me: UserId) -> bool {
    message.kind == MessageKind::Text && message.sender_id != me
}
