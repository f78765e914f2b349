//! The pending catch-up of one connection: cursors that wait for a batch. Plain data.

use protocol::limits::HELLO_CURSORS;
use protocol::{Cursor, RoomId, RoomSummary};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tokio::time::Instant;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// Rooms of `hello` that are not caught up yet.
    behind: BTreeSet<RoomId>,
    /// At most one per room, [`HELLO_CURSORS`] in all; the oldest is answered next.
    waiting: VecDeque<Cursor>,
    /// Until when the person's budget of reads is used up.
    paused_until: Option<Instant>,
}

impl CatchUp {
    /// For a device that holds its rooms up to these cursors, one per room.
    pub(super) fn of(cursors: &[Cursor], rooms: &[RoomSummary]) -> Self {
        let behind = |cursor: &&Cursor| rooms.iter().any(|room| is_behind(cursor, room));
        let waiting: VecDeque<_> = cursors.iter().filter(behind).copied().collect();
        Self { behind: waiting.iter().map(|cursor| cursor.0).collect(), waiting, paused_until: None }
    }

    /// Queues a cursor; it replaces an earlier one of the same room. Returns false if too many wait.
    pub(super) fn ask(&mut self, cursor: Cursor) -> bool {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.0 == cursor.0) {
            *waiting = cursor;
            return true;
        }
        let has_room = self.waiting.len() < HELLO_CURSORS;
        if has_room {
            self.waiting.push_back(cursor);
        }
        has_room
    }

    /// Whether a batch is to be sent.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The cursor that is answered next.
    pub(super) fn next(&mut self) -> Option<Cursor> {
        self.waiting.pop_front()
    }

    /// The person's budget allows no batch before this.
    pub(super) const fn pause(&mut self, until: Instant) {
        self.paused_until = Some(until);
    }

    pub(super) const fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused_until.is_some_and(|until| Instant::now() < until)
    }

    /// The last batch of a room was sent.
    pub(super) fn finish(&mut self, room: RoomId) {
        self.behind.remove(&room);
    }

    /// A batch could not be read: the device treats all its requests as failed and repeats them.
    pub(super) fn fail(&mut self) {
        self.waiting.clear();
    }

    /// Whether the device has everything that `hello` asked for.
    pub(super) fn is_complete(&self) -> bool {
        self.behind.is_empty()
    }
}

/// One cursor per room, in their order. Of several cursors of a room the lowest values count.
pub(super) fn lowest(cursors: &[Cursor]) -> Vec<Cursor> {
    let mut lowest: Vec<Cursor> = Vec::with_capacity(cursors.len());
    let mut places = BTreeMap::new();
    for Cursor(room, seq, rev) in cursors.iter().copied() {
        let place = *places.entry(room).or_insert(lowest.len());
        match lowest.get_mut(place) {
            Some(known) => *known = Cursor(room, known.1.min(seq), known.2.min(rev)),
            None => lowest.push(Cursor(room, seq, rev)),
        }
    }
    lowest
}

/// Returns true if the cursor differs from the room's head.
fn is_behind(cursor: &Cursor, room: &RoomSummary) -> bool {
    cursor.0 == room.id && (cursor.1, cursor.2) != (room.last_seq, room.last_rev)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Rev, Seq};
    use uuid::Uuid;

    fn cursor(room: u128, seq: i64, rev: i64) -> Cursor {
        Cursor(RoomId(Uuid::from_u128(room)), Seq(seq), Rev(rev))
    }

    #[test]
    fn a_room_that_is_named_often_counts_once_from_the_lowest() {
        let named = [cursor(2, 5, 9), cursor(1, 3, 0), cursor(2, 9, 5), cursor(2, 7, 7)];
        assert_eq!(lowest(&named), [cursor(2, 5, 5), cursor(1, 3, 0)]);
    }

    #[test]
    fn a_later_question_about_a_room_replaces_the_earlier_one() {
        let mut catch_up = CatchUp::default();
        assert!(catch_up.ask(cursor(1, 1, 0)) && catch_up.ask(cursor(2, 1, 0)) && catch_up.ask(cursor(1, 8, 0)));
        assert_eq!([catch_up.next(), catch_up.next()], [Some(cursor(1, 8, 0)), Some(cursor(2, 1, 0))]);
        assert!(!catch_up.is_waiting());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut catch_up = CatchUp::default();
        assert!((0..HELLO_CURSORS as u128).all(|room| catch_up.ask(cursor(room, 1, 0))));
        assert!(!catch_up.ask(cursor(u128::MAX, 1, 0)) && catch_up.ask(cursor(0, 2, 0)));
    }
}
