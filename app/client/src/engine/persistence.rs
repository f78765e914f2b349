//! Persistence: what is saved as it changes, restored at the next start, and shared with other tabs; and the tab's role.

use super::Engine;
use crate::answer::Touched;
use crate::room::Room;
use crate::saved::{Saved, StorageWrite, Unsent};
use crate::{Mechanism, Now, View};
use protocol::{ClientId, Message, Rev, RoomId, Seq, UnixMillis};

/// Which tab of the person sends messages and persists rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TabRole {
    /// Does not send; the storage was not read yet. What is typed is ordered and saved after that.
    Undecided,
    /// Another tab sends.
    Follower,
    /// This tab sends.
    Leader,
}

impl Engine {
    /// Emits the writes that are due.
    pub(super) fn save(&mut self) {
        if self.tab_role == TabRole::Undecided {
            return;
        }
        let mut writes = self.outbox.take_log();
        let (mut rooms, is_active) = self.persistence.writes(&self.rooms, self.epoch);
        if is_active {
            self.people.save(&mut rooms);
        }
        writes.extend(rooms);
        self.answer.save_first(writes);
    }

    pub(super) fn become_follower(&mut self) {
        self.tab_role = TabRole::Undecided;
        self.outbox.is_follower = true;
        self.outbox.reconnect();
        self.persistence.set_active(false);
    }

    pub(super) fn become_leader(&mut self, now: Now, rooms: bool) {
        self.tab_role = TabRole::Leader;
        self.outbox.is_follower = false;
        self.persistence.announce(None);
        if let Some(open) = self.open {
            self.persistence.open(open, now.wall);
        }
        self.persistence.set_active(rooms);
        self.dirty.extend(self.outbox.rooms());
    }

    /// The person opened this room: it is persisted.
    pub(super) fn persist_room(&mut self, now: Now, room: RoomId) {
        self.persistence.open(room, now.wall);
        if self.tab_role != TabRole::Leader {
            self.persistence.announce(Some(room));
        }
    }

    /// The person opened it in another tab.
    fn persist_room_of_peer(&mut self, now: Now, id: RoomId) {
        self.persistence.open(id, now.wall);
        if let Some(room) = self.rooms.get_mut(id).filter(|room| room.timeline.is_none()) {
            room.fetcher.newest = true;
            self.touch(id, Touched::ROWS);
        }
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        self.persistence.read(&saved);
        let Saved { epoch, mut unsent, rooms, rows, people, people_rev } = saved;
        // Earlier versions did not store it per message: the epoch of the rooms applies.
        for unsent in unsent.iter_mut().filter(|unsent| unsent.wish.has_reference()) {
            unsent.epoch = unsent.epoch.or(epoch);
        }
        // Rooms of another epoch are dropped.
        if epoch.is_some() && epoch == self.epoch.or(epoch) {
            self.epoch = epoch;
            self.restore_people(people, people_rev);
            rooms.iter().for_each(|record| self.people.meet_in_room(&record.summary));
            self.meet_in_rows(&rows);
            for record in rooms {
                let id = record.summary.id;
                // The person is not in this one any more.
                if self.greeted && !self.rooms.get(id).is_some_and(Room::is_member) {
                    continue;
                }
                let rows = readable_end(rows.iter().filter(|row| row.room_id == id));
                self.confirm(&rows);
                let touched = self.rooms.entry(id).restore(self.me.id, record, rows);
                self.touch(id, touched);
            }
        }
        let last = unsent.iter().map(|unsent| unsent.order).max().unwrap_or_default();
        let is_row = |unsent: &mut Unsent| self.find_row(unsent.room_id, unsent.client_id).is_some();
        self.unverified = unsent.extract_if(.., is_row).collect();
        if self.greeted {
            self.resolve_unverified();
        }
        for room in self.outbox.restore(&self.me, unsent, last) {
            self.touch(room, Touched::ROWS);
        }
        self.drop_references();
        if self.tab_role == TabRole::Undecided {
            self.tab_role = TabRole::Follower;
            self.persistence.announce(self.open);
        }
    }

    /// Called when `welcome` has named the epoch of the rows here. A message among them is stored; others are sent again.
    pub(super) fn resolve_unverified(&mut self) {
        for unsent in std::mem::take(&mut self.unverified) {
            match self.find_row(unsent.room_id, unsent.client_id).map(|row| (row.seq, row.created_at)) {
                Some((seq, created_at)) => self.outbox.log_stored(unsent.client_id, seq, created_at),
                None => drop(self.outbox.merge(&self.me, unsent)),
            }
        }
    }

    /// The row of a message of this person's.
    fn find_row(&self, room: RoomId, client_id: ClientId) -> Option<&Message> {
        let is_it = |row: &&Message| row.client_id == client_id && row.sender_id == self.me.id;
        self.timeline(room)?.rows().find(is_it)
    }

    pub(super) fn apply_peer_writes(&mut self, now: Now, writes: Vec<StorageWrite>) {
        for write in writes {
            let room = match write {
                StorageWrite::Unsent(unsent) if self.find_row(unsent.room_id, unsent.client_id).is_some() => None,
                StorageWrite::Unsent(unsent) => {
                    // Browsers throttle timers of background tabs.
                    if self.tab_role == TabRole::Leader {
                        self.connect(now);
                    }
                    self.outbox.merge(&self.me, unsent)
                }
                StorageWrite::Discarded(client_id) => self.outbox.forget(client_id),
                StorageWrite::Sent { client_id, seq, rev, created_at } => {
                    self.peer_sent(client_id, seq, rev, created_at)
                }
                StorageWrite::Opened(room) => {
                    if self.tab_role == TabRole::Leader {
                        self.persist_room_of_peer(now, room);
                    }
                    None
                }
                // Rooms are not shared between tabs.
                StorageWrite::Epoch(_)
                | StorageWrite::Room(_)
                | StorageWrite::Row(_)
                | StorageWrite::RowGone(..)
                | StorageWrite::RoomGone(_) => None,
                StorageWrite::Person(_) | StorageWrite::PersonGone(_) | StorageWrite::PeopleRev(_) => None,
            };
            if let Some(room) = room {
                self.touch(room, Touched::ROWS);
            }
        }
        self.drop_references();
    }

    /// Once the epoch is known: drops references of the outbox to message numbers of another epoch.
    pub(super) fn drop_references(&mut self) {
        let epoch = self.epoch.filter(|_| self.greeted && self.mechanisms.has(Mechanism::ReferenceEpochs));
        for room in epoch.map(|epoch| self.outbox.drop_references(epoch)).unwrap_or_default() {
            self.touch(room, Touched::ROWS);
        }
    }

    /// A peer reports that a message was sent. The leader ignores it: it has the ack itself, of the present epoch.
    fn peer_sent(&mut self, client_id: ClientId, seq: Seq, rev: Rev, created_at: UnixMillis) -> Option<RoomId> {
        if self.tab_role == TabRole::Leader {
            return None;
        }
        if let Some(message) = self.outbox.store(client_id, seq, created_at) {
            self.answer.changed(View::Timeline(message.room_id));
            self.receive(message);
            return None;
        }
        self.outbox.store_revision(client_id, rev)
    }
}

/// The newest rows that this version can read. Rows before an unreadable one are fetched again.
fn readable_end<'a>(rows: impl DoubleEndedIterator<Item = &'a Message>) -> Vec<Message> {
    let mut rows: Vec<Message> = rows.rev().take_while(|row| row.is_readable()).cloned().collect();
    rows.reverse();
    rows
}
