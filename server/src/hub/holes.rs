//! What a node lacks of its rooms, for whoever reads it from the store; and how that reaches the connections.

use super::Hub;
use super::registry::Active;
use super::sequence::STRAGGLERS;
use crate::line::{Frame, Line};
use protocol::{Rev, RoomHead, RoomId, Seq, ServerFrame};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

impl Active {
    pub(super) fn send(&self, frames: &[Frame]) {
        Line::send_all(self.connections.iter().map(|connection| &connection.line), frames);
    }
}

impl Hub {
    /// Returns once there is a hole and it has had its time to be closed by stragglers. May be dropped and called again.
    pub(crate) async fn hole_noticed(&self) {
        if !self.has_holes() {
            self.holes.notified().await;
        }
        tokio::time::sleep(STRAGGLERS).await;
    }

    /// Rooms of which this node hears since a moment ago, each once, in order. May be dropped and called again.
    pub(crate) async fn rooms_opened(&self) -> Vec<RoomId> {
        self.opening.notified().await;
        let mut rooms = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// Rooms in which somebody is connected to this node, in order.
    pub(crate) fn active_rooms(&self) -> Vec<RoomId> {
        let mut rooms: Vec<_> = self.lock().rooms().map(|(id, _)| id).collect();
        rooms.sort_unstable();
        rooms
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

    /// The store has got as far as this: what is missing here is a hole from now on.
    pub(crate) fn learn_heads(&self, heads: &[RoomHead]) {
        let (mut registry, now) = (self.lock(), Instant::now());
        let mut holes = false;
        for RoomHead(room, seq, rev) in heads {
            if let Some(active) = registry.room(*room) {
                holes |= active.sequence.learn((*seq, *rev), now);
                registry.recent.learn(*room, (*seq, *rev));
            }
        }
        if holes {
            self.holes.notify_one();
        }
    }

    /// Rooms with a hole that stragglers did not close in time, and what is here of them; all holes where `at_once`.
    pub(crate) fn holes(&self, at_once: bool) -> Vec<(RoomId, (Seq, Rev))> {
        let age = if at_once { Duration::ZERO } else { STRAGGLERS };
        let (registry, now) = (self.lock(), Instant::now());
        let found = registry.rooms().filter_map(|(id, active)| Some((id, active.sequence.hole(age, now)?)));
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        found
    }

    fn has_holes(&self) -> bool {
        self.lock().rooms().any(|(_, active)| active.sequence.has_hole())
    }

    /// Sends what was missing of a room up to `to`, and then what waited for it.
    pub(crate) fn fill(&self, room: RoomId, to: (Seq, Rev), frame: &ServerFrame) {
        let mut registry = self.lock();
        let Some(active) = registry.room(room) else { return };
        let rest = active.sequence.reach(to, Instant::now());
        active.send(&[Frame::encode(frame)]);
        active.send(&rest);
        // What it brought may have been revised.
        registry.recent.forget(room);
    }
}
