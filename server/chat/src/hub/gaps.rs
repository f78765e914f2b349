//! Gaps in this node's rooms: when each is due to be filled from the store.

use super::sequence::REORDER_TIMEOUT;
use protocol::RoomId;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The longest backoff of a room whose gap could not be filled; it doubles with each failure.
pub const BACKOFF_MAX: Duration = Duration::from_secs(60);
const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// A room with missing numbers.
#[derive(Debug)]
struct Gap {
    /// When it is due to be filled.
    due: Instant,
    /// How often filling it has failed.
    failures: u32,
}

/// All rooms with a gap.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<RoomId, Gap>);

impl Gaps {
    /// Records whether a room has a gap. Returns true if the gap is new.
    pub(super) fn set(&mut self, room: RoomId, has_gap: bool, now: Instant) -> bool {
        if !has_gap {
            self.remove(room);
            return false;
        }
        let is_new = !self.0.contains_key(&room);
        self.0.entry(room).or_insert(Gap { due: now + REORDER_TIMEOUT, failures: 0 });
        is_new
    }

    pub(super) fn remove(&mut self, room: RoomId) {
        self.0.remove(&room);
    }

    /// Defers a room whose gap could not be filled, by a backoff.
    pub(super) fn defer(&mut self, room: RoomId, now: Instant) {
        if let Some(gap) = self.0.get_mut(&room) {
            let backoff = BACKOFF_MIN.saturating_mul(2_u32.saturating_pow(gap.failures));
            gap.failures += 1;
            gap.due = now + backoff.min(BACKOFF_MAX);
        }
    }

    /// Rooms that are due. `at_once` skips the wait for late frames, but not the backoff.
    pub(super) fn due(&self, at_once: bool, now: Instant) -> Vec<RoomId> {
        let is_due = |gap: &Gap| gap.due <= now || (at_once && gap.failures == 0);
        self.0.iter().filter(|(_, gap)| is_due(gap)).map(|(room, _)| *room).collect()
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.values().map(|gap| gap.due).min()
    }
}
