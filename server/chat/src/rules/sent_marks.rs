//! Which marks a person's devices on this node were sent, by the list of rooms or by a comparison with the database: a mark that
//! differs may have been lost. Only a hash per mark is stored, 8 bytes, since there are as many marks as memberships.

use crate::hub::ConnectedPerson;
use parking_lot::Mutex;
use protocol::{Mark, RoomId, RoomSummary, UserId};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;

/// Hashes, in order.
type Hashes = Box<[u64]>;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct SentMarks {
    people: Mutex<BTreeMap<UserId, Hashes>>,
    state: RandomState,
}

impl SentMarks {
    /// A person's first device here was sent the marks of these rooms. Does nothing if a device was here before.
    pub(super) fn begin(&self, user: UserId, rooms: &[RoomSummary]) {
        if self.people.lock().contains_key(&user) {
            return;
        }
        let own = rooms.iter().map(|room| (room.id, Mark(user, room.read_seq, room.read_seq)));
        let others = rooms.iter().filter_map(|room| Some((room.id, room.other_mark?)));
        let hashes = self.hashes(own.chain(others));
        self.people.lock().entry(user).or_insert(hashes);
    }

    /// Replaces a person's marks. Returns those that the devices were not sent.
    pub(super) fn replace(&self, user: UserId, marks: &[(RoomId, Mark)]) -> Vec<(RoomId, Mark)> {
        let hashes = self.hashes(marks.iter().copied());
        let before = self.people.lock().insert(user, hashes).unwrap_or_default();
        let is_new = |mark: &&(RoomId, Mark)| before.binary_search(&self.hash(mark)).is_err();
        marks.iter().filter(is_new).copied().collect()
    }

    /// Removes people after `after` and up to `last` (all, if none) who are not among `people`.
    pub(super) fn retain(&self, after: Option<UserId>, last: Option<UserId>, people: &[(UserId, ConnectedPerson)]) {
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), last.map_or(Bound::Unbounded, Bound::Included));
        let mut sent = self.people.lock();
        let is_gone = |user: &UserId| people.binary_search_by_key(user, |(user, _)| *user).is_err();
        let gone: Vec<_> = sent.range(range).map(|(user, _)| *user).filter(is_gone).collect();
        for user in gone {
            sent.remove(&user);
        }
    }

    /// Removes everybody: marks are of another epoch.
    pub(super) fn clear(&self) {
        self.people.lock().clear();
    }

    fn hashes(&self, marks: impl Iterator<Item = (RoomId, Mark)>) -> Hashes {
        let mut hashes: Vec<_> = marks.map(|mark| self.hash(&mark)).collect();
        hashes.sort_unstable();
        hashes.into_boxed_slice()
    }

    fn hash(&self, (room, Mark(user, delivered, read)): &(RoomId, Mark)) -> u64 {
        self.state.hash_one((room.0, user.0, delivered.0, read.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Seq;
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    fn mark(room: u128, user: UserId, read: i64) -> (RoomId, Mark) {
        (RoomId(Uuid::from_u128(room)), Mark(user, Seq(read), Seq(read)))
    }

    #[test]
    fn what_differs_is_told_once() {
        let sent = SentMarks::default();
        let first = [mark(1, ADA, 3), mark(2, ADA, 4), mark(2, BOB, 1)];
        assert_eq!(sent.replace(ADA, &first), first);
        assert_eq!(sent.replace(ADA, &first), []);
        assert_eq!(sent.replace(ADA, &[mark(2, BOB, 2), first[0]]), [mark(2, BOB, 2)]);
    }

    #[test]
    fn who_has_gone_is_forgotten() {
        let sent = SentMarks::default();
        sent.replace(ADA, &[mark(1, ADA, 3)]);
        sent.replace(BOB, &[mark(1, BOB, 3)]);
        sent.retain(Some(ADA), None, &[]);
        assert_eq!(sent.people.lock().keys().copied().collect::<Vec<_>>(), [ADA]);
        sent.retain(None, Some(ADA), &[(ADA, ConnectedPerson { connections: Vec::new(), version: 1, compared: None })]);
        assert_eq!(sent.people.lock().len(), 1);
        sent.retain(None, None, &[]);
        assert!(sent.people.lock().is_empty());
    }
}
