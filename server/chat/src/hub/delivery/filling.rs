//! Fills gaps: which rooms are due, from where, and how the rows that were missing reach the connections.

use super::Delivery;
use crate::outbound::Frame;
use protocol::{Rev, RoomHead, RoomId, Seq, ServerFrame};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

impl Delivery {
    /// Returns once a gap is due: late frames had their time to close it. Cancel safe.
    pub(crate) async fn gap_noticed(&self) {
        loop {
            let due = self.lock().gaps.next();
            match due {
                Some(due) if due <= Instant::now() => return,
                Some(due) => tokio::select! {
                    biased;
                    () = sleep_until(due) => {}
                    () = self.gap_found.notified() => {}
                },
                None => self.gap_found.notified().await,
            }
        }
    }

    /// These rooms are subscribed now: only messages committed just before may be missing.
    pub(crate) fn open(&self, rooms: &[RoomId]) {
        self.opened.lock().extend(rooms);
        self.opening.notify_one();
    }

    /// Waits for rooms that were subscribed; each once, in order. Cancel safe.
    pub(crate) async fn rooms_opened(&self) -> Vec<RoomId> {
        self.opening.notified().await;
        let mut rooms = std::mem::take(&mut *self.opened.lock());
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// Rooms with local connections in the order of their ids: those after `after`, `limit` at most.
    pub fn active_rooms(&self, after: Option<RoomId>, limit: usize) -> Vec<RoomId> {
        self.lock().rooms_after(after, limit)
    }

    /// The heads of these rooms on this node; rooms without a local connection are left out.
    pub fn heads(&self, rooms: &[RoomId]) -> Vec<RoomHead> {
        let mut registry = self.lock();
        let mut head = |room| registry.room(room).and_then(|active| active.sequence.head());
        rooms.iter().filter_map(|room| head(*room).map(|(seq, rev)| RoomHead(*room, seq, rev))).collect()
    }

    /// Forgets all heads: they belong to another epoch.
    pub(crate) fn forget_heads(&self) {
        self.lock().forget_heads();
    }

    /// Learns heads of the store: numbers that are missing here are a gap from now on.
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
            self.gap_found.notify_one();
        }
    }

    /// Rooms whose gap is due, and where it begins; with `at_once` all gaps but those in backoff, see `defer_gap`.
    pub fn gaps(&self, at_once: bool) -> Vec<(RoomId, (Seq, Rev))> {
        let (mut registry, now) = (self.lock(), Instant::now());
        let mut found = Vec::new();
        for room in registry.gaps.due(at_once, now) {
            match registry.room(room).and_then(|active| active.sequence.gap(Duration::ZERO, now)) {
                Some(start) => found.push((room, start)),
                // No message of the room was seen yet: the check of heads finds it.
                None => registry.gaps.defer(room, now),
            }
        }
        found
    }

    /// Defers a room whose gap could not be filled.
    pub(crate) fn defer_gap(&self, room: RoomId) {
        self.lock().gaps.defer(room, Instant::now());
    }

    /// Sends the rows that were missing up to `to`, and then the frames that waited for them. Returns the bytes of the rows.
    pub fn fill(&self, room: RoomId, to: (Seq, Rev), frame: &ServerFrame) -> usize {
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
        // The cache may lack these rows or their revisions.
        registry.recent.evict(room);
        bytes
    }
}
