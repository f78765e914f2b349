//! What is known of a room besides its rows: summaries as the server gives them, and what system messages say since.

use super::Room;
use crate::answer::Touched;
use protocol::{Message, RoomSummary, Seq, SystemEvent, UserId};

impl Room {
    /// Takes a summary. One that was read before messages that have come already changes nothing that they changed.
    pub(crate) fn learn(&mut self, me: UserId, new: RoomSummary) -> Touched {
        self.marks.confirm(Seq(0), new.read_seq);
        self.head = self.head.max(new.last_seq);
        let Some(old) = self.summary.take() else {
            self.adopt(new);
            let mut touched = self.settle(me);
            touched.summary = true;
            return touched;
        };
        let read = old.read_seq.max(new.read_seq);
        if old.role.is_some() && new.role.is_some() && new.last_seq < self.tally.upto.max(self.tally.facts) {
            self.summary = Some(old.clone());
            self.read(me, read);
        } else {
            let last_message = newer(old.last_message.clone(), new.last_message.clone());
            let last_seq = old.last_seq.max(new.last_seq);
            self.adopt(RoomSummary { last_message, ..new });
            if let Some(summary) = &mut self.summary {
                summary.last_seq = last_seq;
            }
            self.read(me, read);
        }
        let mut touched = self.settle(me);
        touched.summary = self.summary.as_ref() != Some(&old);
        touched
    }

    /// Takes what the server says as it is, and counts on from there.
    fn adopt(&mut self, new: RoomSummary) {
        self.tally.upto = new.last_seq;
        self.tally.facts = new.last_seq;
        self.tally.unread = new.unread;
        self.summary = Some(new);
    }

    /// Takes what a system message says into the summary. Whether it said something.
    pub(super) fn learn_fact(&mut self, me: UserId, message: &Message) -> bool {
        let (Some(summary), Some(event)) = (&mut self.summary, &message.event) else { return false };
        match event {
            SystemEvent::Created => return false,
            SystemEvent::Renamed { name } => summary.name.clone_from(name),
            SystemEvent::Joined | SystemEvent::Added { .. } => summary.members_count += 1,
            SystemEvent::Left | SystemEvent::Removed { .. } => summary.members_count -= 1,
            SystemEvent::RoleChanged { user_id, role, .. } if *user_id == me => summary.role = Some(*role),
            SystemEvent::RoleChanged { .. } => return false,
        }
        true
    }
}

fn newer(old: Option<Message>, new: Option<Message>) -> Option<Message> {
    match (old, new) {
        (Some(old), Some(new)) if new.seq < old.seq => Some(old),
        (old, new) => new.or(old),
    }
}
