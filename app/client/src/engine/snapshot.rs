//! `welcome`: the list of rooms, in pages. It is applied only once its last page has come, so that a connection which
//! is lost in between leaves the old picture whole.

use super::Engine;
use crate::{Mechanism, Now, View};
use protocol::{PROTOCOL_VERSION, RoomSummary};
use uuid::Uuid;

/// Pages of the list that have come. Ends with the last one, or with the connection.
#[derive(Debug)]
pub(super) struct Snapshot {
    epoch: Uuid,
    rooms: Vec<RoomSummary>,
}

impl Engine {
    pub(super) fn welcome(&mut self, now: Now, protocol: u32, epoch: Uuid, rooms: Vec<RoomSummary>, more: bool) {
        if protocol > PROTOCOL_VERSION {
            return self.outdated(now);
        }
        self.snapshot = Some(Snapshot { epoch, rooms: Vec::new() });
        self.snapshot_page(now, rooms, more);
    }

    pub(super) fn snapshot_page(&mut self, now: Now, page: Vec<RoomSummary>, more: bool) {
        let Some(mut snapshot) = self.snapshot.take() else { return };
        snapshot.rooms.extend(page);
        if more {
            let epoch = snapshot.epoch;
            if self.mechanisms.has(Mechanism::WholeSnapshot) {
                // Each page that comes shows that the next one will: the deadline moves with it.
                self.snapshot = Some(snapshot);
                return;
            }
            self.snapshot = Some(Snapshot { epoch, rooms: Vec::new() });
            return self.apply(now, epoch, snapshot.rooms);
        }
        self.apply(now, snapshot.epoch, snapshot.rooms);
    }

    fn apply(&mut self, now: Now, epoch: Uuid, snapshot: Vec<RoomSummary>) {
        let is_new_epoch = self.epoch.replace(epoch).is_some_and(|before| before != epoch);
        if is_new_epoch {
            self.start_over(epoch);
        }
        self.resolve_unverified();
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
            self.people.meet_in_room(&summary);
            let room = self.rooms.entry(id);
            room.unconfirmed = false;
            let touched = room.learn(self.me.id, summary);
            self.touch(id, touched);
        }
        for room in self.rooms.iter_mut() {
            room.fetcher.hurry();
        }
        self.resend_marks();
        self.dirty.extend(self.outbox.rooms());
        if is_new_epoch && self.changed_before_list {
            // The list may be older than what changed, and that went with the other epoch. Messages come by heads, but
            // nobody repeats marks and rooms: the next `hello` is of this epoch, and its list is merged.
            self.lose(now, None);
        }
    }

    /// The server has another epoch: evict the cached rooms and send again what the earlier epoch had acknowledged.
    fn start_over(&mut self, epoch: Uuid) {
        let shown: Vec<_> = self.rooms.iter().filter(|(_, room)| room.timeline.is_some()).map(|(id, _)| id).collect();
        for (id, _) in self.rooms.iter() {
            self.persistence.touch(id);
        }
        self.rooms.clear();
        self.generation += 1;
        for room in self.rooms.iter_mut() {
            room.fetcher.forget_page();
        }
        self.people.clear();
        self.outbox.start_over(epoch);
        self.answer.changed(View::Rooms);
        for room in shown {
            self.answer.changed(View::Timeline(room));
        }
        if let Some(open) = self.open {
            self.rooms.entry(open).fetcher.newest = true;
        }
    }
}
