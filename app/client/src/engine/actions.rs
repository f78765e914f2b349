//! Actions of the person.

use super::Engine;
use crate::answer::Touched;
use crate::outbox;
use crate::{Now, Revision, View};
use protocol::{ClientId, RoomId, Seq};

impl Engine {
    pub(super) fn send(&mut self, now: Now, client_id: ClientId, room_id: RoomId, body: String, reply_to: Option<Seq>) {
        self.awareness.sent();
        let message = outbox::message(&self.me, client_id, room_id, body, reply_to, now.wall);
        self.outbox.push(message, self.epoch);
        if self.has_newer(room_id) {
            // The person wants to see the new message at the end.
            self.rooms.entry(room_id).fetcher.newest = true;
        }
        self.touch(room_id, Touched::ROWS);
    }

    pub(super) fn revise(&mut self, client_id: ClientId, room_id: RoomId, seq: Seq, revision: Revision) {
        self.outbox.push_revision(client_id, room_id, seq, revision, self.epoch);
        self.touch(room_id, Touched::ROWS);
    }

    pub(super) fn retry(&mut self, client_id: ClientId, anew: ClientId) {
        if let Some(room) = self.outbox.retry(client_id, anew) {
            self.touch(room, Touched::ROWS);
        }
    }

    pub(super) fn discard(&mut self, client_id: ClientId) {
        if let Some(room) = self.outbox.discard(client_id) {
            self.touch(room, Touched::ROWS);
        }
    }

    pub(super) fn look_at(&mut self, now: Now, open: Option<RoomId>) {
        self.open = open;
        self.rooms.forget_strangers(open);
        let Some(id) = open else { return };
        self.persist_room(now, id);
        let room = self.rooms.entry(id);
        let shown = room.timeline.as_ref().is_some_and(crate::timeline::Timeline::is_at_newest);
        // The server sends no frames of a room without membership.
        if !shown || !room.is_member() {
            let rows = !std::mem::replace(&mut room.fetcher.newest, true);
            room.fetcher.hurry();
            self.touch(id, Touched { summary: false, rows });
        }
        self.dirty.insert(id);
    }

    pub(super) fn load_older(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.get_mut(id).filter(|room| room.has_older() && !room.fetcher.older) {
            room.fetcher.older = true;
            room.fetcher.hurry();
            self.touch(id, Touched::ROWS);
        }
    }

    pub(super) fn seen(&mut self, id: RoomId, seq: Seq) {
        let me = self.me.id;
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.is_member()) else { return };
        let seq = seq.min(room.head());
        if room.read(me, seq) {
            room.marks.read(seq);
            self.answer.changed(View::Rooms);
            self.persistence.touch(id);
            self.dirty.insert(id);
        }
    }
}
