//! Applies the server's frames.

use super::Engine;
use crate::answer::Touched;
use crate::room::Room;
use crate::{Mechanism, Now, View};
use protocol::{ClientFrame, CloseCode, Mark, Message, RoomHead, RoomId, RoomSummary, Seq, ServerFrame};

impl Engine {
    pub(super) fn frame(&mut self, now: Now, frame: ServerFrame) {
        if !self.connection.accepts_frames() {
            // Of a socket that was given up only acks and nacks count: their messages need not be sent again.
            let is_answer = matches!(frame, ServerFrame::Ack { .. } | ServerFrame::Nack { .. });
            if !is_answer || !self.connection.takes_late_answers() {
                return;
            }
        }
        self.connection.frame_received(now, matches!(frame, ServerFrame::Heartbeat {}));
        self.apply_frame(now, frame);
    }

    fn apply_frame(&mut self, now: Now, frame: ServerFrame) {
        use ServerFrame::{RoomChanged, RoomGone, Status};
        if self.connection.is_greeting() && matches!(frame, Status { .. } | RoomChanged { .. } | RoomGone { .. }) {
            self.changed_before_list = true;
        }
        match frame {
            ServerFrame::Welcome { protocol, epoch, rooms, more, people_rev, .. } => {
                self.people.greet(people_rev);
                self.welcome(now, protocol, epoch, rooms, more);
            }
            ServerFrame::Rooms { rooms, more } => self.snapshot_page(now, rooms, more),
            ServerFrame::Offline { room_id, from, rows, to, more } => {
                self.caught_up(now, room_id, from, rows, to, more);
            }
            ServerFrame::Reset { room, rows, to } => self.reset(room, rows, to),
            ServerFrame::SyncDone {} | ServerFrame::Heartbeat {} => {}
            ServerFrame::Changed { message } => self.changed(&message),
            ServerFrame::Reacted { room_id, seq, rev, user_id, emoji, on } => {
                self.reacted(room_id, seq, rev, (user_id, emoji.as_str(), on));
            }
            ServerFrame::Ack { client_id, room_id, seq, rev, created_at } => {
                if let Some(room_id) = self.outbox.store_revision(client_id, rev) {
                    self.touch(room_id, Touched::default());
                } else if let Some(message) = self.outbox.store(client_id, seq, created_at) {
                    self.answer.changed(View::Timeline(room_id));
                    self.receive(message);
                }
            }
            ServerFrame::Nack { client_id, retryable: true, retry_after_ms, .. } => {
                let wait = retry_after_ms.unwrap_or(0);
                self.dirty.extend(self.outbox.postpone(client_id, now.monotonic_ms, now.random, wait));
            }
            ServerFrame::Nack { client_id, code, message, retryable: false, .. } => {
                use protocol::ErrorCode::{Conflict, Invalid, TooLarge};
                let may_help = !matches!(code, Conflict | Invalid | TooLarge);
                if let Some(room) = self.outbox.refuse_revision(client_id) {
                    self.refused(room, message);
                } else if let Some(room) = self.outbox.fail(client_id, message, may_help) {
                    self.touch(room, Touched::ROWS);
                }
            }
            ServerFrame::New { message } => self.receive_new(message),
            ServerFrame::Status { room_id, marks } => self.status(room_id, &marks),
            ServerFrame::RoomChanged { room } => {
                let id = room.id;
                self.room_came(room);
                self.rooms.entry(id).unconfirmed = false;
            }
            ServerFrame::RoomGone { room_id } => self.room_gone(room_id),
            ServerFrame::Heads { rooms } => self.heads(&rooms),
            ServerFrame::TypingStart { room_id, user_id, name } => self.typing_started(now, room_id, user_id, name),
            ServerFrame::TypingStop { room_id, user_id } => self.typing_stopped(room_id, user_id),
            ServerFrame::Presence { users } => self.presence_changed(users),
            ServerFrame::People { people, rev } => self.people_answered(people, rev),
            ServerFrame::PersonChanged { person } => self.person_changed(person),
            ServerFrame::GoAway { retry_after_ms } => self.connection.go_away(retry_after_ms),
            // Without a `welcome` this connection is of no use.
            ServerFrame::Error { .. } if self.connection.is_greeting() => self.lose(now, None),
            // Later, it concerns a mark, which is sent again, or a catch-up request.
            ServerFrame::Error { retryable, .. } => self.failed(now, retryable),
        }
    }

    /// An error that names no request: marks and catch-up requests are repeated.
    fn failed(&mut self, now: Now, retryable: bool) {
        if retryable {
            self.resend_marks();
        }
        for (id, room) in self.rooms.entries_mut() {
            room.fetcher.fail_sync(now.monotonic_ms, now.random);
            self.dirty.insert(id);
        }
    }

    /// Sends unconfirmed marks again.
    pub(super) fn resend_marks(&mut self) {
        for room in self.rooms.iter_mut() {
            room.marks.mark_unconfirmed();
        }
        self.dirty.extend(self.rooms.iter().map(|(id, _)| id));
    }

    fn receive_new(&mut self, message: Message) {
        let (id, sender) = (message.room_id, message.sender_id);
        self.receive(message);
        if sender != self.me.id {
            self.arrived(id);
            self.typing_stopped(id, sender);
        }
    }

    /// A frame of a later version that this one cannot read. It is counted and skipped; its numbers leave a gap, which is filled as any
    /// other.
    pub(super) fn unreadable(&mut self, now: Now, kind: &'static str, head: Option<RoomHead>) {
        self.skipped += 1;
        self.connection.frame_received(now, false);
        self.report_unreadable(kind);
        if let Some(head) =
            head.filter(|_| self.connection.accepts_frames() && self.mechanisms.has(Mechanism::UnreadableHeads))
        {
            self.heads(&[head]);
        }
    }

    /// Reports an unreadable frame to the server, once per kind and connection. Before `welcome`, only `welcome` itself is
    /// reported: an earlier server answers the report with `error`, which ends a connection without a `welcome`.
    fn report_unreadable(&mut self, kind: &'static str) {
        let may_report = self.connection.accepts_frames() && (!self.connection.is_greeting() || kind == "welcome");
        if may_report && self.reported.insert(kind) {
            self.answer.transmit(ClientFrame::Unreadable { kind: kind.to_owned() });
        }
    }

    /// `welcome` of a later protocol: its frames may mean something else, and none is applied.
    pub(super) fn outdated(&mut self, now: Now) {
        if self.connection.accepts_frames() {
            self.lose(now, Some(CloseCode::ProtocolError.code()));
        }
    }

    /// Raises the delivered mark to everything that is here without a gap.
    pub(super) fn arrived(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.arrived();
        }
    }

    /// Applies a stored message from any source.
    pub(super) fn receive(&mut self, message: Message) {
        let id = message.room_id;
        self.people.meet_in_row(&message);
        if message.sender_id == self.me.id
            && self.outbox.store(message.client_id, message.seq, message.created_at).is_some()
        {
            self.answer.changed(View::Timeline(id));
        }
        let touched = self.rooms.entry(id).receive(self.me.id, message);
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

    /// A REST response has this room. The node of this connection may not know the membership, and would not report its end: it is asked
    /// by a catch-up request.
    pub(super) fn room_answered(&mut self, summary: RoomSummary) {
        let id = summary.id;
        let known = self.rooms.get(id).is_some_and(Room::is_member);
        self.room_came(summary);
        self.rooms.entry(id).unconfirmed |= !known;
    }

    pub(super) fn room_came(&mut self, summary: RoomSummary) {
        let id = summary.id;
        self.people.meet_in_room(&summary);
        if summary.role.is_some() {
            self.rooms.came(id);
        }
        let touched = self.rooms.entry(id).learn(self.me.id, summary);
        self.touch(id, touched);
    }

    pub(super) fn room_gone(&mut self, id: RoomId) {
        self.remove(id);
    }

    pub(super) fn remove(&mut self, id: RoomId) {
        if self.rooms.remove(id) {
            self.answer.changed(View::Rooms);
            self.answer.changed(View::Timeline(id));
        }
        self.persistence.touch(id);
        self.outbox.fail_room(id);
        self.dirty.insert(id);
    }
}
