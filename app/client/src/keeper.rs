//! Which rooms are kept for the next page life, and what the storage has of them already: only what differs is written.

use crate::room::Room;
use crate::rooms::Rooms;
use crate::saved::{Change, RoomRecord, Saved};
use protocol::{Message, Rev, RoomId, Seq, UnixMillis};
use std::collections::BTreeSet;
use uuid::Uuid;

/// So many rooms are kept, those that were opened last.
pub const ROOMS: usize = 50;

/// A room that is to be kept.
#[derive(Debug)]
struct Kept {
    room: RoomId,
    opened_at: UnixMillis,
    /// What the storage has of it.
    record: Option<RoomRecord>,
    /// The rows that it has, in order.
    rows: Vec<(Seq, Rev)>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// Whether this engine writes rooms. One of a profile does at most, since two would write over each other's.
    active: bool,
    /// What the storage has.
    epoch: Option<Uuid>,
    /// Few enough to be looked through.
    kept: Vec<Kept>,
    /// Rooms that are kept no longer.
    dropped: Vec<RoomId>,
    /// Rooms that may differ from what is kept.
    unsaved: BTreeSet<RoomId>,
    /// A room to be kept by the engine that keeps rooms.
    announced: Option<RoomId>,
}

impl Keeper {
    /// Begins or ends to write rooms.
    pub(crate) fn set_active(&mut self, active: bool) {
        self.active = active;
        self.doubt();
    }

    fn doubt(&mut self) {
        self.unsaved.extend(self.kept.iter().map(|kept| kept.room));
    }

    /// The storage was read: this is what it has.
    pub(crate) fn read(&mut self, saved: &Saved) {
        self.epoch = saved.epoch;
        for kept in &mut self.kept {
            kept.record = None;
            kept.rows.clear();
        }
        for record in &saved.rooms {
            let room = record.summary.id;
            self.open(room, record.opened_at);
            if let Some(kept) = self.find(room) {
                kept.record = Some(record.clone());
                let rows = saved.rows.iter().filter(|row| row.room_id == room);
                // A row that an earlier version could not read is written anew, whatever its revision.
                let rev = |row: &Message| if row.is_readable() { row.rev } else { Rev(-1) };
                kept.rows = rows.map(|row| (row.seq, rev(row))).collect();
            }
        }
        self.doubt();
    }

    /// The person opened this room.
    pub(crate) fn open(&mut self, room: RoomId, at: UnixMillis) {
        self.unsaved.insert(room);
        if let Some(kept) = self.find(room) {
            kept.opened_at = kept.opened_at.max(at);
            return;
        }
        self.kept.push(Kept { room, opened_at: at, record: None, rows: Vec::new() });
        if self.kept.len() > ROOMS
            && let Some(oldest) = (0..self.kept.len()).min_by_key(|index| self.kept[*index].opened_at)
        {
            let oldest = self.kept.swap_remove(oldest);
            self.dropped.extend(oldest.record.map(|_| oldest.room));
        }
    }

    /// The person opened this room, and another engine keeps rooms.
    pub(crate) const fn announce(&mut self, room: Option<RoomId>) {
        self.announced = room;
    }

    /// A room may differ from what is kept.
    pub(crate) fn touch(&mut self, room: RoomId) {
        self.unsaved.insert(room);
    }

    /// What there is to write, and whether rooms are written at all. Without a known epoch no room is written, because it
    /// could not be told from a room of another epoch.
    pub(crate) fn changes(&mut self, rooms: &Rooms, epoch: Option<Uuid>) -> (Vec<Change>, bool) {
        let mut changes: Vec<_> = self.announced.take().map(Change::Opened).into_iter().collect();
        let Some(epoch) = epoch.filter(|_| self.active) else { return (changes, false) };
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            changes.push(Change::Epoch(epoch));
            // A number means another message in another life.
            for kept in &mut self.kept {
                kept.forget(&mut changes);
            }
            self.doubt();
        }
        changes.extend(self.dropped.drain(..).map(Change::RoomGone));
        while let Some(id) = self.unsaved.pop_first() {
            if let Some(kept) = self.find(id) {
                match rooms.get(id).filter(|room| room.is_member()) {
                    Some(room) => kept.compare(room, &mut changes),
                    None => kept.forget(&mut changes),
                }
            }
        }
        (changes, true)
    }

    fn find(&mut self, room: RoomId) -> Option<&mut Kept> {
        self.kept.iter_mut().find(|kept| kept.room == room)
    }
}

impl Kept {
    fn forget(&mut self, changes: &mut Vec<Change>) {
        self.rows.clear();
        changes.extend(self.record.take().map(|_| Change::RoomGone(self.room)));
    }

    fn compare(&mut self, room: &Room, changes: &mut Vec<Change>) {
        let (Some(summary), Some(shown)) = (&room.summary, &room.timeline) else { return self.forget(changes) };
        // A window that was moved away from the newest rows is not what the next page begins with.
        let rev = match &self.record {
            Some(record) if !shown.follows() => record.rev,
            None if !shown.follows() => return,
            _ => room.cursor().1,
        };
        let record = RoomRecord { summary: room.as_counted(summary), rev, opened_at: self.opened_at };
        if self.record.as_ref() != Some(&record) {
            self.record = Some(record.clone());
            changes.push(Change::Room(Box::new(record)));
        }
        if shown.follows() {
            compare_rows(self.room, &mut self.rows, shown.rows(), changes);
        }
    }
}

/// Both are in order.
fn compare_rows<'a>(
    id: RoomId,
    kept: &mut Vec<(Seq, Rev)>,
    shown: impl Iterator<Item = &'a Message>,
    changes: &mut Vec<Change>,
) {
    let mut old = std::mem::take(kept).into_iter().peekable();
    for row in shown {
        while let Some((gone, _)) = old.next_if(|(seq, _)| *seq < row.seq) {
            changes.push(Change::RowGone(id, gone));
        }
        if old.next_if(|(seq, _)| *seq == row.seq).is_none_or(|(_, rev)| rev != row.rev) {
            changes.push(Change::Row(row.clone()));
        }
        kept.push((row.seq, row.rev));
    }
    changes.extend(old.map(|(gone, _)| Change::RowGone(id, gone)));
}
