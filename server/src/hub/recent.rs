//! The newest messages of rooms as they went out, so that devices which come back a few messages behind need no database.
//!
//! A message here is what the database holds, as long as nobody has revised it. Frames are not decoded to see which one a
//! revision touches: with each that goes out its room forgets, and begins again from a moment that the database told of.
//! What was said after a moment is touched by no revision up to it, in whichever order frames arrive.

use super::envelope::Place;
use crate::line::Frame;
use protocol::{Rev, RoomId, Seq};
use std::collections::{HashMap, VecDeque};

/// Messages of one room, and bytes of them.
pub(crate) const ROOM_ROWS: usize = 64;
pub(crate) const ROOM_BYTES: usize = 32 * 1024;
/// Messages of all rooms of the node, and bytes of them. The oldest go first, whoever's they are.
pub(crate) const NODE_ROWS: usize = 8 * 1024;
pub(crate) const NODE_BYTES: usize = 4 * 1024 * 1024;

/// How far a room is, in messages and revisions.
type Moment = (Seq, Rev);

/// What is kept of one room.
#[derive(Debug)]
struct Room {
    /// A moment of the database: all rows here were said after it, or are as they were then.
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

    /// What the oldest row took.
    fn pop(&mut self) -> usize {
        let bytes = self.rows.pop_front().map_or(0, |frame| frame.len());
        self.bytes -= bytes;
        bytes
    }
}

/// Of all rooms in which somebody is connected to this node.
#[derive(Debug, Default)]
pub(super) struct Recent {
    rooms: HashMap<RoomId, Room>,
    /// What was kept, in this order; some of it has gone since.
    order: VecDeque<(RoomId, i64)>,
    bytes: usize,
}

impl Recent {
    /// The database was at this moment. Rows that are older may have been revised since the one known so far.
    pub(super) fn learn(&mut self, id: RoomId, moment: Moment) {
        let room = self.rooms.entry(id).or_insert(Room { since: moment, rows: VecDeque::new(), last: 0, bytes: 0 });
        if moment.1 > room.since.1 {
            room.since = moment;
            while !room.rows.is_empty() && room.first() <= moment.0.0 {
                self.bytes -= room.pop();
            }
        }
    }

    /// What has gone out of a room, which has got as far as this by it.
    pub(super) fn keep(&mut self, id: RoomId, place: Place, frames: &[Frame], (seq, rev): Moment) {
        match place {
            Place::Message(_) => self.sent(id, seq, frames),
            Place::Revision(_) if !frames.is_empty() => self.revised(id, rev),
            Place::Revision(_) | Place::Control(_) | Place::None | Place::Signal => {}
        }
    }

    /// These messages have gone out, the last one with this number.
    fn sent(&mut self, id: RoomId, last: Seq, frames: &[Frame]) {
        let first = last.0 + 1 - i64::try_from(frames.len()).unwrap_or(i64::MAX);
        for (number, frame) in (first..).zip(frames) {
            if self.rooms.get(&id).is_some_and(|room| number > room.since.0.0) {
                self.push(id, number, frame.clone());
            }
        }
    }

    /// A revision has gone out: a row may be another now, unless the moment that is known comes after it.
    fn revised(&mut self, id: RoomId, rev: Rev) {
        if self.rooms.get(&id).is_some_and(|room| rev > room.since.1) {
            self.forget(id);
        }
    }

    /// Nobody is there any more, or something went out by another way.
    pub(super) fn forget(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.remove(&id) {
            self.bytes -= room.bytes;
        }
    }

    /// Rows that the database had at this moment, its newest, without a gap.
    pub(super) fn fill(&mut self, id: RoomId, moment: Moment, frames: Vec<Frame>) {
        let is_better = |room: &Room| room.since.1 == moment.1 && room.rows.len() >= frames.len();
        if self.rooms.get(&id).is_some_and(is_better) {
            return;
        }
        let first = moment.0.0 + 1 - i64::try_from(frames.len()).unwrap_or(i64::MAX);
        self.forget(id);
        self.learn(id, moment);
        for (number, frame) in (first..).zip(frames) {
            self.push(id, number, frame);
        }
    }

    /// The messages after a cursor, where the room is at `head` and misses nothing. None where that is not known here.
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
