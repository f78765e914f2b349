//! What this device missed, and what became of messages that it has.

use super::Engine;
use crate::answer::Touched;
use crate::fetcher::Request;
use crate::{Effect, Mechanism, Now};
use protocol::{ClientFrame, Cursor, Message, Rev, RoomId, RoomSummary, Seq, UserId, limits};

impl Engine {
    /// How far this device has the rooms whose rows it holds, for `hello`. Their batches need not be asked for again.
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

    /// The server has nothing for cursors of `hello` that are where it is.
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

    /// A batch has come: as an answer, or because this node lacked it.
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
                // The next batch is asked for as soon as this one is stored.
                room.fetcher.hurry();
            } else {
                // What we heard of is not there (yet).
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

    /// A change of a stored message was refused: it is not shown any more, and the person is told why.
    pub(super) fn refused(&mut self, room: RoomId, reason: String) {
        self.answer.ask(Effect::Refused(reason));
        self.touch(room, Touched::ROWS);
    }
}
