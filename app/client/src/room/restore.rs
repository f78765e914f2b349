//! Restores a stored room. The page begins with what the server rendered, which is newer unless the page itself was cached: the one
//! that reaches further counts.

use super::Room;
use crate::answer::Touched;
use crate::saved::RoomRecord;
use crate::timeline::Timeline;
use protocol::{Message, Rev, RoomSummary, Seq, UserId};

impl Room {
    /// Merges the stored room, the rows in order.
    pub(crate) fn restore(&mut self, me: UserId, saved: RoomRecord, rows: Vec<Message>) -> Touched {
        let RoomRecord { summary, rev, .. } = saved;
        let read = summary.read_seq;
        let mut touched = Touched::default();
        if self.summary.as_ref().is_none_or(|known| known.role.is_some() && heads(known) <= heads(&summary)) {
            let marks = self.marks;
            touched |= self.learn(me, summary);
            // The server did not send it.
            self.marks = marks;
        }
        if self.is_member() {
            // The server may not have received it.
            self.marks.read(read);
            touched.summary |= self.read(me, read);
        }
        if !rows.is_empty() {
            touched.rows |= self.recall_rows(Timeline::new(rows), rev);
        }
        touched |= self.settle(me);
        touched
    }

    fn recall_rows(&mut self, saved: Timeline, rev: Rev) -> bool {
        let Some(shown) = &mut self.timeline else {
            self.timeline = Some(saved);
            self.rev = rev;
            return true;
        };
        let differs = shown.is_at_newest() && shown.join(saved);
        if differs {
            // What is known to be in all of it.
            self.rev = self.rev.min(rev);
        }
        differs
    }
}

fn heads(summary: &RoomSummary) -> (Seq, Rev) {
    (summary.last_seq, summary.last_rev)
}
