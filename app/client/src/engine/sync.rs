//! Catch-up, and revisions of messages that are here.

use super::Engine;
use crate::answer::Touched;
use crate::fetcher::Request;
use crate::{Effect, Mechanism, Now};
use protocol::{ClientFrame, Cursor, Message, Rev, RoomId, RoomSummary, Seq, UserId, limits};

impl Engine {
    /// The cursors for `hello`: of rooms whose rows are here. They count as requests.
    pub(super) fn cursors(&mut self, now: Now) -> Vec<Cursor> {
        let mut cursors = Vec::new();
        for (id, room) in self.rooms.entries_mut().filter(|(_, room)| room.is_member() && room.timeline.is_some()) {
            if cursors.len() == limits::HELLO_CURSORS {
                break;
            }
            let (seq, rev) = room.cursor();
            room.fetcher.asked(Request::Sync(seq, rev), now.monotonic_ms);
            cursors.push(Cursor(id, seq, rev));
        }
        cursors
    }

    /// Cursors of `hello` that equal the head need no batch.
    pub(super) fn greeted(&mut self, snapshot: &[RoomSummary]) {
        for summary in snapshot {
            if let Some(room) = self.rooms.get_mut(summary.id)
                && room.fetcher.is_waiting_for(Request::Sync(summary.last_seq, summary.last_rev))
            {
                room.fetcher.answered();
            }
        }
    }

    pub(super) fn sync_more(&mut self, room_id: RoomId, seq: Seq, rev: Rev) {
        self.answer.transmit(ClientFrame::SyncMore { room_id, seq, rev });
    }

    /// A batch arrived: as an answer, or because the node filled a gap.
    pub(super) fn caught_up(
        &mut self,
        now: Now,
        id: RoomId,
        from: (Seq, Rev),
        rows: Vec<Message>,
        to: (Seq, Rev),
        more: bool,
    ) {
        self.confirm(&rows);
        self.meet_in_rows(&rows);
        let me = self.me.id;
        let Some(room) = self.rooms.get_mut(id) else { return };
        let arrived = rows.iter().any(|row| row.sender_id != me);
        let before = room.cursor();
        let answered = room.fetcher.is_waiting_for(Request::Sync(from.0, from.1));
        let holds_back = self.mechanisms.has(Mechanism::BatchesFirst);
        let touched = room.catch_up(me, from, rows, to, more, holds_back);
        if arrived {
            room.arrived();
        }
        if answered {
            room.fetcher.answered();
            if std::mem::take(&mut room.unconfirmed) || room.cursor() > before {
                room.fetcher.succeed();
                // The next batch is requested as soon as this one is applied.
                room.fetcher.hurry();
            } else {
                // The rows that some frame named are not there (yet).
                room.fetcher.fail(now.monotonic_ms, now.random);
            }
        }
        self.touch(id, touched);
    }

    pub(super) fn reset(&mut self, summary: RoomSummary, rows: Vec<Message>, to: (Seq, Rev)) {
        self.confirm(&rows);
        self.meet_in_rows(&rows);
        self.people.meet_in_room(&summary);
        let id = summary.id;
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.is_member()) else { return };
        room.fetcher.answered();
        room.fetcher.succeed();
        room.unconfirmed = false;
        let touched = room.reset(self.me.id, summary, rows, to);
        room.arrived();
        self.touch(id, touched);
    }

    pub(super) fn changed(&mut self, message: &Message) {
        self.confirm(std::slice::from_ref(message));
        self.people.meet_in_row(message);
        if let Some(room) = self.rooms.get_mut(message.room_id) {
            let touched = room.change(self.me.id, message);
            self.touch(message.room_id, touched);
        }
    }

    pub(super) fn reacted(&mut self, id: RoomId, seq: Seq, rev: Rev, reaction: (UserId, &str, bool)) {
        if let Some(room) = self.rooms.get_mut(id) {
            let touched = room.react(seq, rev, reaction, self.mechanisms.has(Mechanism::OrderedReactions));
            self.touch(id, touched);
        }
    }

    /// A revision was refused: it is undone, and the person sees the reason.
    pub(super) fn refused(&mut self, room: RoomId, reason: String) {
        self.answer.ask(Effect::Refused(reason));
        self.touch(room, Touched::ROWS);
    }
}
