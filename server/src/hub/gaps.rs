//! What a node lacks of its rooms, for whoever reads it from the store; and how that reaches the connections.

use super::Hub;
use super::registry::ActiveRoom;
use super::sequence::REORDER_TIMEOUT;
use crate::outbound::{Frame, Outbound};
use protocol::{Rev, RoomHead, RoomId, Seq, ServerFrame};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a room whose gap could not be filled is left alone: doubled with each failure, up to this.
pub(crate) const BACKOFF_MAX: Duration = Duration::from_secs(60);
const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// Something of a room is missing.
#[derive(Debug)]
struct Gap {
    /// When it is to be read from the store.
    due: Instant,
    /// How often that has failed.
    failures: u32,
}

/// The rooms of which something is missing here.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<RoomId, Gap>);

impl Gaps {
    /// A room has a gap, or has none any more. Returns true if it is a new one.
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

    /// A room's gap could not be filled: others have their turn first.
    fn defer(&mut self, room: RoomId, now: Instant) {
        if let Some(gap) = self.0.get_mut(&room) {
            let backoff = BACKOFF_MIN.saturating_mul(2_u32.saturating_pow(gap.failures));
            gap.failures += 1;
            gap.due = now + backoff.min(BACKOFF_MAX);
        }
    }

    /// Rooms whose turn it is. Stragglers are not waited for where `at_once`, a room that failed is.
    fn due(&self, at_once: bool, now: Instant) -> Vec<RoomId> {
        let is_due = |gap: &Gap| gap.due <= now || (at_once && gap.failures == 0);
        self.0.iter().filter(|(_, gap)| is_due(gap)).map(|(room, _)| *room).collect()
    }

    fn next(&self) -> Option<Instant> {
        self.0.values().map(|gap| gap.due).min()
    }
}

impl ActiveRoom {
    pub(super) fn send(&self, frames: &[Frame]) {
        Outbound::send_all(self.connections.iter().map(|connection| &connection.outbound), frames);
    }
}

impl Hub {
    /// Returns once there is a gap and it has had its time to be closed by stragglers. May be dropped and called again.
    pub(crate) async fn gap_noticed(&self) {
        loop {
            let due = self.lock().gaps.next();
            match due {
                Some(due) if due <= Instant::now() => return,
                Some(due) => tokio::select! {
                    biased;
                    () = sleep_until(due) => {}
                    () = self.gaps.notified() => {}
                },
                None => self.gaps.notified().await,
            }
        }
    }

    /// From now on these rooms are complete here but for what was committed just before.
    pub(super) fn open(&self, rooms: &[RoomId]) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).extend(rooms);
        self.opening.notify_one();
    }

    /// Rooms of which this node hears since a moment ago, each once, in order. May be dropped and called again.
    pub(crate) async fn rooms_opened(&self) -> Vec<RoomId> {
        self.opening.notified().await;
        let mut rooms = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// Rooms in which somebody is connected to this node, those after this one in the order of their ids, `limit` at most.
    pub(crate) fn active_rooms(&self, after: Option<RoomId>, limit: usize) -> Vec<RoomId> {
        self.lock().rooms_after(after, limit)
    }

    /// How far these rooms are here, as far as anybody is in them.
    pub(crate) fn heads(&self, rooms: &[RoomId]) -> Vec<RoomHead> {
        let mut registry = self.lock();
        let mut head = |room| registry.room(room).and_then(|active| active.sequence.head());
        rooms.iter().filter_map(|room| head(*room).map(|(seq, rev)| RoomHead(*room, seq, rev))).collect()
    }

    /// Numbers begin anew: what was known of how far rooms are belongs to another life of the database.
    pub(crate) fn forget_heads(&self) {
        self.lock().forget_heads();
    }

    /// The store has got as far as this: what is missing here is a gap from now on.
    pub(crate) fn learn_heads(&self, heads: &[RoomHead]) {
        let (mut registry, now) = (self.lock(), Instant::now());
        let mut gaps = false;
        for RoomHead(room, seq, rev) in heads {
            if let Some(active) = registry.room(*room) {
                let has_gap = active.sequence.learn((*seq, *rev), now);
                gaps |= registry.gaps.set(*room, has_gap, now);
                registry.recent.learn(*room, (*seq, *rev));
            }
        }
        if gaps {
            self.gaps.notify_one();
        }
    }

    /// Rooms with a gap that stragglers did not close in time, and what is here of them; all gaps where `at_once`. Those that
    /// could not be filled are left out until their time has come, see [`Hub::defer_gap`].
    pub(crate) fn gaps(&self, at_once: bool) -> Vec<(RoomId, (Seq, Rev))> {
        let (mut registry, now) = (self.lock(), Instant::now());
        let mut found = Vec::new();
        for room in registry.gaps.due(at_once, now) {
            match registry.room(room).and_then(|active| active.sequence.gap(Duration::ZERO, now)) {
                Some(start) => found.push((room, start)),
                // Nothing was heard of its messages yet: the check of heads will.
                None => registry.gaps.defer(room, now),
            }
        }
        found
    }

    /// A room's gap could not be filled: it is tried again later, after others.
    pub(crate) fn defer_gap(&self, room: RoomId) {
        self.lock().gaps.defer(room, Instant::now());
    }

    /// Sends what was missing of a room up to `to`, and then what waited for it. Answers with the bytes of the former.
    pub(crate) fn fill(&self, room: RoomId, to: (Seq, Rev), frame: &ServerFrame) -> usize {
        let frame = Frame::encode(frame);
        let bytes = frame.len();
        let mut registry = self.lock();
        let Some(active) = registry.room(room) else { return bytes };
        let now = Instant::now();
        let rest = active.sequence.reach(to, now);
        active.send(&[frame]);
        active.send(&rest);
        let has_gap = active.sequence.has_gap();
        registry.gaps.remove(room);
        registry.gaps.set(room, has_gap, now);
        // What it brought may have been revised.
        registry.recent.evict(room);
        bytes
    }
}
