//! What outlives this engine: saved as it changes, taken back at the next start, and shared with the tabs beside it.

use super::Engine;
use crate::answer::Touched;
use crate::room::Room;
use crate::saved::{Change, Saved, Unsent};
use crate::{Mechanism, Now, View};
use protocol::{ClientId, Message, Rev, RoomId, Seq, UnixMillis};

/// Whether messages leave from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Not, and what the storage has is not known yet: what is typed has its place only after that, and is saved then.
    Waits,
    /// Not: another tab sends.
    Follows,
    /// They do.
    Owns,
}

impl Engine {
    /// Asks to keep what differs from what is kept.
    pub(super) fn save(&mut self) {
        if self.duty == Duty::Waits {
            return;
        }
        let mut changes = self.outbox.take_log();
        let (mut kept, is_active) = self.keeper.changes(&self.rooms, self.epoch);
        if is_active {
            self.people.save(&mut kept);
        }
        changes.extend(kept);
        self.answer.save_first(changes);
    }

    pub(super) fn wait_for_others(&mut self) {
        self.duty = Duty::Waits;
        self.outbox.follows = true;
        self.outbox.reconnect();
        self.keeper.set_active(false);
    }

    pub(super) fn own(&mut self, now: Now, rooms: bool) {
        self.duty = Duty::Owns;
        self.outbox.follows = false;
        self.keeper.announce(None);
        if let Some(open) = self.open {
            self.keeper.open(open, now.wall);
        }
        self.keeper.set_active(rooms);
        self.dirty.extend(self.outbox.rooms());
    }

    /// The person opened this room: it outlives the page.
    pub(super) fn keep_room(&mut self, now: Now, room: RoomId) {
        self.keeper.open(room, now.wall);
        if self.duty != Duty::Owns {
            self.keeper.announce(Some(room));
        }
    }

    /// They opened it in another tab.
    fn keep_room_for_others(&mut self, now: Now, id: RoomId) {
        self.keeper.open(id, now.wall);
        if let Some(room) = self.rooms.get_mut(id).filter(|room| room.timeline.is_none()) {
            room.fetcher.newest = true;
            self.touch(id, Touched::ROWS);
        }
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        self.keeper.read(&saved);
        let Saved { epoch, mut unsent, rooms, rows, people, people_rev } = saved;
        // Earlier versions did not keep it with the message: what they kept beside it tells it.
        for unsent in unsent.iter_mut().filter(|unsent| unsent.wish.has_reference()) {
            unsent.epoch = unsent.epoch.or(epoch);
        }
        // Rooms of another life of the database are worthless.
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
                let touched = self.rooms.entry(id).recall(self.me.id, record, rows);
                self.touch(id, touched);
            }
        }
        let is_row = |unsent: &mut Unsent| self.find_row(unsent.room_id, unsent.client_id).is_some();
        self.doubtful = unsent.extract_if(.., is_row).collect();
        if self.greeted {
            self.clear_up();
        }
        for room in self.outbox.restore(&self.me, unsent) {
            self.touch(room, Touched::ROWS);
        }
        self.drop_references();
        if self.duty == Duty::Waits {
            self.duty = Duty::Follows;
            self.keeper.announce(self.open);
        }
    }

    /// A `welcome` has told which life of the database the rows here are of. What is among them is stored; what went with
    /// them is sent again.
    pub(super) fn clear_up(&mut self) {
        for unsent in std::mem::take(&mut self.doubtful) {
            match self.find_row(unsent.room_id, unsent.client_id).map(|row| (row.seq, row.created_at)) {
                Some((seq, created_at)) => self.outbox.clear_up(unsent.client_id, seq, created_at),
                None => drop(self.outbox.hear(&self.me, unsent)),
            }
        }
    }

    /// The row of a message of this person's.
    fn find_row(&self, room: RoomId, client_id: ClientId) -> Option<&Message> {
        let is_it = |row: &&Message| row.client_id == client_id && row.sender_id == self.me.id;
        self.timeline(room)?.rows().find(is_it)
    }

    pub(super) fn heard(&mut self, now: Now, changes: Vec<Change>) {
        for change in changes {
            let room = match change {
                Change::Unsent(unsent) if self.find_row(unsent.room_id, unsent.client_id).is_some() => None,
                Change::Unsent(unsent) => {
                    // Browsers slow the timers of tabs that nobody looks at.
                    if self.duty == Duty::Owns {
                        self.connect(now);
                    }
                    self.outbox.hear(&self.me, unsent)
                }
                Change::Discarded(client_id) => self.outbox.forget(client_id),
                Change::Sent { client_id, seq, rev, created_at } => self.heard_sent(client_id, seq, rev, created_at),
                Change::Opened(room) => {
                    if self.duty == Duty::Owns {
                        self.keep_room_for_others(now, room);
                    }
                    None
                }
                // Rooms are not for all.
                Change::Epoch(_) | Change::Room(_) | Change::Row(_) | Change::RowGone(..) | Change::RoomGone(_) => None,
                Change::Person(_) | Change::PersonGone(_) | Change::PeopleRev(_) => None,
            };
            if let Some(room) = room {
                self.touch(room, Touched::ROWS);
            }
        }
        self.drop_references();
    }

    /// Once the server has told the present epoch: nothing of the outbox names a message by a number of another one.
    pub(super) fn drop_references(&mut self) {
        let epoch = self.epoch.filter(|_| self.greeted && self.mechanisms.has(Mechanism::ReferenceEpochs));
        for room in epoch.map(|epoch| self.outbox.drop_references(epoch)).unwrap_or_default() {
            self.touch(room, Touched::ROWS);
        }
    }

    /// Whoever sends hears of it from the server, and of its present database.
    fn heard_sent(&mut self, client_id: ClientId, seq: Seq, rev: Rev, created_at: UnixMillis) -> Option<RoomId> {
        if self.duty == Duty::Owns {
            return None;
        }
        if let Some(message) = self.outbox.store(client_id, seq, created_at) {
            self.answer.changed(View::Timeline(message.room_id));
            self.hear(message);
            return None;
        }
        self.outbox.store_revision(client_id, rev)
    }
}

/// The newest rows that this version can read. An earlier version kept others without what it could not read of them: they
/// are fetched anew.
fn readable_end<'a>(rows: impl DoubleEndedIterator<Item = &'a Message>) -> Vec<Message> {
    let mut rows: Vec<Message> = rows.rev().take_while(|row| row.is_readable()).cloned().collect();
    rows.reverse();
    rows
}
