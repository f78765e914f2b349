//! How far the other person of a direct room is with one's own messages.

use super::Room;
use crate::RowState;
use crate::answer::Touched;
use protocol::{Mark, Message, User};

impl Room {
    /// How far a stored message is, as its sender may know.
    pub(crate) fn receipt(&self, me: &User, message: &Message) -> RowState {
        let mark = self.summary.as_ref().and_then(|summary| summary.other_mark);
        match mark.filter(|_| me.receipts && message.sender_id == me.id) {
            Some(mark) if message.seq <= mark.2 => RowState::Read,
            Some(mark) if message.seq <= mark.1 => RowState::Delivered,
            _ => RowState::Sent,
        }
    }

    /// Somebody else has received and read up to here. Marks of larger rooms are asked for when they are looked at.
    pub(crate) fn other_marked(&mut self, mark: Mark) -> Touched {
        let known = self.summary.as_mut().and_then(|summary| summary.other_mark.as_mut());
        let Some(known) = known.filter(|known| known.0 == mark.0) else { return Touched::default() };
        let moved = Mark(mark.0, known.1.max(mark.1), known.2.max(mark.2));
        let news = moved != *known;
        *known = moved;
        Touched { summary: news, rows: news && self.timeline.is_some() }
    }
}
