//! What the server says.

use super::Engine;
use crate::answer::Touched;
use crate::room::Room;
use crate::{Now, View};
use protocol::{CloseCode, Mark, Message, PROTOCOL_VERSION, RoomHead, RoomId, RoomSummary, Seq, ServerFrame};
use uuid::Uuid;

impl Engine {
    pub(super) fn frame(&mut self, now: Now, frame: ServerFrame) {
        if !self.connection.hears() {
            // Of a socket that was given up only answers count: what was sent need not be sent again.
            let is_answer = matches!(frame, ServerFrame::Ack { .. } | ServerFrame::Nack { .. });
            if !is_answer || !self.connection.takes_late_answers() {
                return;
            }
        }
        self.connection.heard(now, matches!(frame, ServerFrame::Heartbeat {}));
        match frame {
            ServerFrame::Welcome { protocol, epoch, rooms, .. } => self.welcome(now, protocol, epoch, rooms),
            ServerFrame::Offline { room_id, from, rows, to, more } => {
                self.caught_up(now, room_id, from, rows, to, more);
            }
            ServerFrame::Reset { room, rows, to } => self.reset(room, rows, to),
            ServerFrame::SyncDone {} | ServerFrame::Heartbeat {} => {}
            ServerFrame::Changed { message } => self.changed(&message),
            ServerFrame::Ack { client_id, room_id, seq, rev, created_at } => {
                if let Some(room_id) = self.outbox.store_revision(client_id, rev) {
                    self.touch(room_id, Touched::default());
                } else if let Some(message) = self.outbox.store(client_id, seq, created_at) {
                    self.answer.changed(View::Timeline(room_id));
                    self.hear(message);
                }
            }
            ServerFrame::Nack { client_id, retryable: true, .. } => {
                self.dirty.extend(self.outbox.postpone(client_id, now.monotonic_ms, now.random));
            }
            ServerFrame::Nack { client_id, code, message, retryable: false } => {
                use protocol::ErrorCode::{Conflict, Invalid, TooLarge};
                let may_help = !matches!(code, Conflict | Invalid | TooLarge);
                if let Some(room) = self.outbox.refuse_revision(client_id) {
                    self.refused(room, message);
                } else if let Some(room) = self.outbox.fail(client_id, message, may_help) {
                    self.touch(room, Touched::ROWS);
                }
            }
            ServerFrame::New { message } => self.news(message),
            ServerFrame::Status { room_id, marks } => self.status(room_id, &marks),
            ServerFrame::RoomChanged { room } => {
                let id = room.id;
                self.room_came(room);
                self.rooms.entry(id).unheard = false;
            }
            ServerFrame::RoomGone { room_id } => self.room_gone(room_id),
            ServerFrame::Heads { rooms } => self.heads(&rooms),
            ServerFrame::TypingStart { room_id, user_id, name } => self.typing_started(now, room_id, user_id, name),
            ServerFrame::TypingStop { room_id, user_id } => self.typing_stopped(room_id, user_id),
            ServerFrame::Presence { users } => self.people_changed(users),
            ServerFrame::GoAway { retry_after_ms } => self.connection.go_away(retry_after_ms),
            // Without a welcome there is no use in this connection.
            ServerFrame::Error { .. } if self.connection.is_greeting() => self.lose(now, None),
            // Later, it is about a mark, which is told again, or about something that was missed.
            ServerFrame::Error { retryable, .. } => {
                if retryable {
                    self.tell_marks_again();
                }
                for (id, room) in self.rooms.entries_mut() {
                    room.fetcher.doubt(now.monotonic_ms, now.random);
                    self.dirty.insert(id);
                }
            }
        }
    }

    fn welcome(&mut self, now: Now, protocol: u32, epoch: Uuid, snapshot: Vec<RoomSummary>) {
        if protocol > PROTOCOL_VERSION {
            // What such a server says may mean something else: nothing of it is taken.
            return self.lose(now, Some(CloseCode::ProtocolError.code()));
        }
        if self.epoch.replace(epoch).is_some_and(|before| before != epoch) {
            self.start_over(epoch);
        }
        self.clear_up();
        self.greeted = true;
        self.drop_references();
        self.connection.welcomed(now);
        self.greeted(&snapshot);
        let (rooms, gone) = self.rooms.compare(snapshot);
        for room in gone {
            self.remove(room);
        }
        for summary in rooms {
            let id = summary.id;
            let room = self.rooms.entry(id);
            room.unheard = false;
            let touched = room.learn(self.me.id, summary);
            self.touch(id, touched);
        }
        for room in self.rooms.iter_mut() {
            room.fetcher.hurry();
        }
        self.tell_marks_again();
        self.dirty.extend(self.outbox.rooms());
    }

    /// Marks that the server did not confirm may not have been stored.
    fn tell_marks_again(&mut self) {
        for room in self.rooms.iter_mut() {
            room.marks.doubt();
        }
        self.dirty.extend(self.rooms.iter().map(|(id, _)| id));
    }

    /// The database began another life: what is cached is worthless, what was sent may be lost.
    fn start_over(&mut self, epoch: Uuid) {
        let shown: Vec<_> = self.rooms.iter().filter(|(_, room)| room.timeline.is_some()).map(|(id, _)| id).collect();
        for (id, _) in self.rooms.iter() {
            self.keeper.touch(id);
        }
        self.rooms.clear();
        self.outbox.start_over(epoch);
        self.answer.changed(View::Rooms);
        for room in shown {
            self.answer.changed(View::Timeline(room));
        }
        if let Some(open) = self.open {
            self.rooms.entry(open).fetcher.newest = true;
        }
    }

    fn news(&mut self, message: Message) {
        let (id, sender) = (message.room_id, message.sender_id);
        self.hear(message);
        if sender != self.me.id {
            self.arrived(id);
            self.typing_stopped(id, sender);
        }
    }

    /// Everything up to what is known without a hole has arrived on this device.
    pub(super) fn arrived(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.arrived();
        }
    }

    /// A stored message, by whichever way it came.
    pub(super) fn hear(&mut self, message: Message) {
        let id = message.room_id;
        if message.sender_id == self.me.id
            && self.outbox.store(message.client_id, message.seq, message.created_at).is_some()
        {
            self.answer.changed(View::Timeline(id));
        }
        let touched = self.rooms.entry(id).hear(self.me.id, message);
        self.touch(id, touched);
    }

    fn heads(&mut self, rooms: &[RoomHead]) {
        for RoomHead(room, seq, rev) in rooms {
            if let Some(known) = self.rooms.get_mut(*room) {
                known.raise_head_rev(*rev);
            }
            self.head(*room, *seq);
        }
    }

    fn head(&mut self, id: RoomId, seq: Seq) {
        if let Some(room) = self.rooms.get_mut(id) {
            let touched = room.raise_head(seq);
            self.touch(id, touched);
        }
    }

    fn status(&mut self, id: RoomId, marks: &[Mark]) {
        let me = self.me.id;
        for mark in marks.iter().filter(|mark| mark.0 != me) {
            if let Some(room) = self.rooms.get_mut(id) {
                let touched = room.other_marked(*mark);
                self.answer.touched(id, touched);
            }
        }
        for Mark(_, delivered, read) in marks.iter().filter(|mark| mark.0 == me) {
            // Nobody can have read what is not there.
            self.head(id, *read.max(delivered));
            if let Some(room) = self.rooms.get_mut(id) {
                room.marks.confirm(*delivered, *read);
                let summary = room.read(me, *read);
                self.touch(id, Touched { summary, rows: false });
            }
        }
    }

    /// The answer to a request has this room. The node that this device is connected to may not know that the person is
    /// in it, and would not say when they are no longer: it is asked.
    pub(super) fn room_answered(&mut self, summary: RoomSummary) {
        let id = summary.id;
        let known = self.rooms.get(id).is_some_and(Room::is_member);
        self.room_came(summary);
        self.rooms.entry(id).unheard |= !known;
    }

    pub(super) fn room_came(&mut self, summary: RoomSummary) {
        let id = summary.id;
        if summary.role.is_some() {
            self.rooms.came(id);
        }
        let touched = self.rooms.entry(id).learn(self.me.id, summary);
        self.touch(id, touched);
    }

    pub(super) fn room_gone(&mut self, id: RoomId) {
        self.remove(id);
    }

    fn remove(&mut self, id: RoomId) {
        if self.rooms.remove(id) {
            self.answer.changed(View::Rooms);
            self.answer.changed(View::Timeline(id));
        }
        self.keeper.touch(id);
        self.outbox.fail_room(id);
        self.dirty.insert(id);
    }
}
