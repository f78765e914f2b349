//! The recent-message cache: the newest messages per room as they were sent, so that clients which reconnect a few messages
//! behind cause no query.
//!
//! A cached message equals the stored row as long as no revision touched it. Frames are not decoded to find out which row a
//! revision touches: each revision clears the cache of its room, which restarts at a `(seq, rev)` snapshot read from the
//! database. Messages after that snapshot cannot be affected by revisions up to it, in whichever order frames arrive.

use super::envelope::StreamPosition;
use crate::outbound::Frame;
use protocol::{Rev, RoomId, Seq};
use std::collections::{HashMap, VecDeque};

/// Cached messages per room, and their bytes.
pub const ROOM_ROWS: usize = 64;
pub const ROOM_BYTES: usize = 32 * 1024;
/// Cached messages per node, and their bytes. The oldest are evicted first, across all rooms.
pub const NODE_ROWS: usize = 8 * 1024;
pub const NODE_BYTES: usize = 4 * 1024 * 1024;

/// A head: the last message and the last revision.
type Moment = (Seq, Rev);

/// The cached messages of one room.
#[derive(Debug)]
struct Room {
    /// A snapshot of the database: each row here was sent after it, or is as stored at it.
    since: Moment,
    /// Without a gap; the last of them is `last`.
    rows: VecDeque<Frame>,
    last: i64,
    bytes: usize,
}

impl Room {
    fn first(&self) -> i64 {
        self.last + 1 - i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
    }

    /// Removes the oldest row. Returns its bytes.
    fn pop(&mut self) -> usize {
        let bytes = self.rows.pop_front().map_or(0, |frame| frame.len());
        self.bytes -= bytes;
        bytes
    }
}

/// See the module's documentation. Holds rooms with at least one local connection.
#[derive(Debug, Default)]
pub(super) struct RecentCache {
    rooms: HashMap<RoomId, Room>,
    /// Cached messages in the order of insertion; some were evicted since.
    order: VecDeque<(RoomId, i64)>,
    bytes: usize,
}

impl RecentCache {
    /// The database was at this snapshot. Older rows may have been revised since the snapshot known so far.
    pub(super) fn learn(&mut self, id: RoomId, moment: Moment) {
        let room = self.rooms.entry(id).or_insert(Room { since: moment, rows: VecDeque::new(), last: 0, bytes: 0 });
        if moment.1 > room.since.1 {
            room.since = moment;
            while !room.rows.is_empty() && room.first() <= moment.0.0 {
                self.bytes -= room.pop();
            }
        }
    }

    /// Records frames that were sent to a room, whose head they moved to `(seq, rev)`.
    pub(super) fn record(&mut self, id: RoomId, position: StreamPosition, frames: &[Frame], (seq, rev): Moment) {
        match position {
            StreamPosition::Message(_) => self.sent(id, seq, frames),
            StreamPosition::Revision(_) if !frames.is_empty() => self.revised(id, rev),
            StreamPosition::Revision(_)
            | StreamPosition::Control(_)
            | StreamPosition::None
            | StreamPosition::Ephemeral => {}
        }
    }

    /// These messages were sent, the last one with this number.
    fn sent(&mut self, id: RoomId, last: Seq, frames: &[Frame]) {
        let first = last.0 + 1 - i64::try_from(frames.len()).unwrap_or(i64::MAX);
        for (number, frame) in (first..).zip(frames) {
            if self.rooms.get(&id).is_some_and(|room| number > room.since.0.0) {
                self.push(id, number, frame.clone());
            }
        }
    }

    /// A revision was sent: cached rows may be stale, unless the known snapshot comes after it.
    fn revised(&mut self, id: RoomId, rev: Rev) {
        if self.rooms.get(&id).is_some_and(|room| rev > room.since.1) {
            self.evict(id);
        }
    }

    /// Evicts a room: its last connection has gone, a row of it was revised, a gap was filled from the database, or it is filled anew.
    /// Rooms also go when the cache is full, the oldest first, and all of them with their epoch.
    pub(super) fn evict(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.remove(&id) {
            self.bytes -= room.bytes;
        }
    }

    /// Fills the cache with the newest rows as of this snapshot, without a gap.
    pub(super) fn fill(&mut self, id: RoomId, moment: Moment, frames: Vec<Frame>) {
        let is_better = |room: &Room| room.since.1 == moment.1 && room.rows.len() >= frames.len();
        if self.rooms.get(&id).is_some_and(is_better) {
            return;
        }
        let first = moment.0.0 + 1 - i64::try_from(frames.len()).unwrap_or(i64::MAX);
        self.evict(id);
        self.learn(id, moment);
        for (number, frame) in (first..).zip(frames) {
            self.push(id, number, frame);
        }
    }

    /// The messages after a cursor, if the room is at `head` without a gap. Returns `None` if they are not all cached.
    pub(super) fn after(&self, id: RoomId, (seq, rev): Moment, head: Moment) -> Option<Vec<Frame>> {
        let room = self.rooms.get(&id)?;
        let is_unrevised = rev == head.1 && rev == room.since.1;
        let is_here = room.last == head.0.0 && (room.first() - 1..head.0.0).contains(&seq.0);
        let skipped = usize::try_from(seq.0 + 1 - room.first()).ok()?;
        (is_unrevised && is_here).then(|| room.rows.iter().skip(skipped).cloned().collect())
    }

    fn push(&mut self, id: RoomId, number: i64, frame: Frame) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.last + 1 != number {
            self.bytes -= std::mem::take(&mut room.bytes);
            room.rows.clear();
        }
        let bytes = frame.len();
        room.rows.push_back(frame);
        room.last = number;
        room.bytes += bytes;
        self.bytes += bytes;
        while room.rows.len() > ROOM_ROWS || room.bytes > ROOM_BYTES {
            self.bytes -= room.pop();
        }
        self.order.push_back((id, number));
        while self.order.len() > NODE_ROWS || self.bytes > NODE_BYTES {
            let Some((id, number)) = self.order.pop_front() else { return };
            let oldest = self.rooms.get_mut(&id).filter(|room| !room.rows.is_empty() && room.first() == number);
            self.bytes -= oldest.map_or(0, Room::pop);
        }
    }
}

#[cfg(test)]
mod tests;
