//! Which rooms are persisted, and what the storage has of them already: only differences are written.

use crate::room::Room;
use crate::rooms::Rooms;
use crate::saved::{RoomRecord, Saved, StorageWrite};
use protocol::{Message, Rev, RoomId, Seq, UnixMillis};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rooms that are persisted: those that were opened last.
pub const ROOMS: usize = 50;

/// A room to persist.
#[derive(Debug)]
struct PersistedRoom {
    room: RoomId,
    opened_at: UnixMillis,
    /// What the storage has of it.
    record: Option<RoomRecord>,
    /// The rows that it has, in order.
    rows: Vec<(Seq, Rev)>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Persistence {
    /// Whether this engine writes rooms. At most one per browser profile does, since two would overwrite each other's rows.
    active: bool,
    /// What the storage has.
    epoch: Option<Uuid>,
    /// Few enough to be looked through.
    persisted: Vec<PersistedRoom>,
    /// Rooms that are no longer persisted and still stored.
    dropped: Vec<RoomId>,
    /// Rooms that may differ from the storage.
    unsaved: BTreeSet<RoomId>,
    /// A room for the leader tab to persist.
    announced: Option<RoomId>,
}

impl Persistence {
    /// Begins or ends to write rooms.
    pub(crate) fn set_active(&mut self, active: bool) {
        self.active = active;
        self.mark_all_unsaved();
    }

    fn mark_all_unsaved(&mut self) {
        self.unsaved.extend(self.persisted.iter().map(|entry| entry.room));
    }

    /// The storage was read: this is what it has.
    pub(crate) fn read(&mut self, saved: &Saved) {
        self.epoch = saved.epoch;
        for entry in &mut self.persisted {
            entry.record = None;
            entry.rows.clear();
        }
        for record in &saved.rooms {
            let room = record.summary.id;
            self.open(room, record.opened_at);
            if let Some(entry) = self.find(room) {
                entry.record = Some(record.clone());
                let rows = saved.rows.iter().filter(|row| row.room_id == room);
                // A row that an earlier version could not read is written anew, whatever its revision.
                let rev = |row: &Message| if row.is_readable() { row.rev } else { Rev(-1) };
                entry.rows = rows.map(|row| (row.seq, rev(row))).collect();
            }
        }
        self.mark_all_unsaved();
    }

    /// The person opened this room.
    pub(crate) fn open(&mut self, room: RoomId, at: UnixMillis) {
        self.unsaved.insert(room);
        if let Some(entry) = self.find(room) {
            entry.opened_at = entry.opened_at.max(at);
            return;
        }
        self.persisted.push(PersistedRoom { room, opened_at: at, record: None, rows: Vec::new() });
        if self.persisted.len() > ROOMS
            && let Some(oldest) = (0..self.persisted.len()).min_by_key(|index| self.persisted[*index].opened_at)
        {
            let oldest = self.persisted.swap_remove(oldest);
            self.dropped.extend(oldest.record.map(|_| oldest.room));
        }
    }

    /// The person opened this room in a follower tab.
    pub(crate) const fn announce(&mut self, room: Option<RoomId>) {
        self.announced = room;
    }

    /// A room may differ from the storage.
    pub(crate) fn touch(&mut self, room: RoomId) {
        self.unsaved.insert(room);
    }

    /// The writes that are due, and whether this engine writes rooms. No room is written before the epoch is known: its rows
    /// could belong to another epoch.
    pub(crate) fn writes(&mut self, rooms: &Rooms, epoch: Option<Uuid>) -> (Vec<StorageWrite>, bool) {
        let mut writes: Vec<_> = self.announced.take().map(StorageWrite::Opened).into_iter().collect();
        let Some(epoch) = epoch.filter(|_| self.active) else { return (writes, false) };
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            writes.push(StorageWrite::Epoch(epoch));
            // A number means another message in another epoch.
            for entry in &mut self.persisted {
                entry.forget(&mut writes);
            }
            self.mark_all_unsaved();
        }
        writes.extend(self.dropped.drain(..).map(StorageWrite::RoomGone));
        while let Some(id) = self.unsaved.pop_first() {
            if let Some(entry) = self.find(id) {
                match rooms.get(id).filter(|room| room.is_member()) {
                    Some(room) => entry.compare(room, &mut writes),
                    None => entry.forget(&mut writes),
                }
            }
        }
        (writes, true)
    }

    fn find(&mut self, room: RoomId) -> Option<&mut PersistedRoom> {
        self.persisted.iter_mut().find(|entry| entry.room == room)
    }
}

impl PersistedRoom {
    fn forget(&mut self, writes: &mut Vec<StorageWrite>) {
        self.rows.clear();
        writes.extend(self.record.take().map(|_| StorageWrite::RoomGone(self.room)));
    }

    fn compare(&mut self, room: &Room, writes: &mut Vec<StorageWrite>) {
        let (Some(summary), Some(shown)) = (&room.summary, &room.timeline) else { return self.forget(writes) };
        // A window that was moved away from the newest rows is not persisted.
        let rev = match &self.record {
            Some(record) if !shown.is_at_newest() => record.rev,
            None if !shown.is_at_newest() => return,
            _ => room.shown_rev(),
        };
        let record = RoomRecord { summary: room.as_counted(summary), rev, opened_at: self.opened_at };
        if self.record.as_ref() != Some(&record) {
            self.record = Some(record.clone());
            writes.push(StorageWrite::Room(Box::new(record)));
        }
        if shown.is_at_newest() {
            compare_rows(self.room, &mut self.rows, shown.rows(), writes);
        }
    }
}

/// Both are in order.
fn compare_rows<'a>(
    id: RoomId,
    stored: &mut Vec<(Seq, Rev)>,
    shown: impl Iterator<Item = &'a Message>,
    writes: &mut Vec<StorageWrite>,
) {
    let mut old = std::mem::take(stored).into_iter().peekable();
    for row in shown {
        while let Some((gone, _)) = old.next_if(|(seq, _)| *seq < row.seq) {
            writes.push(StorageWrite::RowGone(id, gone));
        }
        if old.next_if(|(seq, _)| *seq == row.seq).is_none_or(|(_, rev)| rev != row.rev) {
            writes.push(StorageWrite::Row(row.clone()));
        }
        stored.push((row.seq, row.rev));
    }
    writes.extend(old.map(|(gone, _)| StorageWrite::RowGone(id, gone)));
}
