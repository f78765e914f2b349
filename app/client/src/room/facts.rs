//! What is known of a room besides its rows: summaries as the server gives them, and what system messages say since.

use super::Room;
use crate::answer::Touched;
use protocol::{Mark, Message, RoomSummary, Seq, SystemEvent, UserId};

impl Room {
    /// Takes a summary. One that was read before messages that have come already changes nothing that they changed.
    pub(crate) fn learn(&mut self, me: UserId, new: RoomSummary) -> Touched {
        let was_member = self.is_member();
        if was_member && new.role.is_none() {
            // Ignore a snapshot that is older than the membership change.
            return Touched::default();
        }
        if new.role.is_some() {
            self.marks.confirm(Seq(0), new.read_seq);
        }
        self.head = self.head.max(new.last_seq);
        self.head_rev = self.head_rev.max(new.last_rev);
        let old = self.summary.take();
        // Without membership there is no mark.
        let read = old.as_ref().filter(|_| was_member).map_or(Seq(0), |old| old.read_seq).max(new.read_seq);
        match &old {
            Some(old) if was_member && new.last_seq < self.tally.upto.max(self.tally.facts) => {
                let other_mark = further(old.other_mark, new.other_mark);
                self.summary = Some(RoomSummary { other_mark, ..old.clone() });
            }
            Some(old) => {
                let last_message = newer(old.last_message.clone(), new.last_message.clone());
                let (last_seq, last_rev) = (old.last_seq.max(new.last_seq), old.last_rev.max(new.last_rev));
                let other_mark = further(old.other_mark, new.other_mark);
                self.adopt(RoomSummary { last_message, last_rev, other_mark, ..new });
                if let Some(summary) = &mut self.summary {
                    summary.last_seq = last_seq;
                }
            }
            None => self.adopt(new),
        }
        self.read(me, read);
        let mut touched = self.settle(me);
        let mark = |summary: &Option<RoomSummary>| summary.as_ref().and_then(|summary| summary.other_mark);
        touched.rows |= self.timeline.is_some() && mark(&self.summary) != mark(&old);
        touched.summary = self.summary != old;
        touched
    }

    /// Takes what the server says as it is, and counts on from there.
    fn adopt(&mut self, new: RoomSummary) {
        self.tally.upto = new.last_seq;
        self.tally.facts = new.last_seq;
        self.tally.unread = new.unread;
        if self.timeline.is_none() {
            // Of what was said, the summary is all that is here.
            self.rev = self.rev.max(new.last_rev);
        }
        self.summary = Some(new);
    }

    /// Takes what a system message says into the summary. Whether it said something.
    pub(super) fn learn_fact(&mut self, me: UserId, message: &Message) -> bool {
        let (Some(summary), Some(event)) = (&mut self.summary, &message.event) else { return false };
        match event {
            SystemEvent::Created | SystemEvent::Unknown => return false,
            SystemEvent::Renamed { name } => summary.name.clone_from(name),
            SystemEvent::TopicChanged { topic } => {
                summary.topic = Some(topic.clone()).filter(|topic| !topic.is_empty())
            }
            SystemEvent::Archived => summary.archived_at = Some(message.created_at),
            SystemEvent::Restored => summary.archived_at = None,
            SystemEvent::PostingChanged { posting } => summary.posting = *posting,
            SystemEvent::Joined | SystemEvent::Added { .. } => summary.members_count += 1,
            SystemEvent::Left | SystemEvent::Removed { .. } | SystemEvent::Banned { .. } => summary.members_count -= 1,
            SystemEvent::RoleChanged { user_id, role, .. } if *user_id == me => summary.role = Some(*role),
            SystemEvent::RoleChanged { .. } => return false,
        }
        true
    }
}

/// Marks only grow. None without receipts.
fn further(old: Option<Mark>, new: Option<Mark>) -> Option<Mark> {
    match (old, new) {
        (Some(old), Some(new)) => Some(Mark(new.0, old.1.max(new.1), old.2.max(new.2))),
        (_, new) => new,
    }
}

fn newer(old: Option<Message>, new: Option<Message>) -> Option<Message> {
    match (old, new) {
        (Some(old), Some(new)) if (new.seq, new.rev) < (old.seq, old.rev) => Some(old),
        (old, new) => new.or(old),
    }
}
