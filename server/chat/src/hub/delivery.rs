//! Delivery on this node: its connections, the order of each room's frames, the cache of recent messages, and the gaps that are to be
//! filled. Knows nothing of other nodes.

mod catch_up;
mod filling;

use super::connection::Connection;
use super::envelope::StreamPosition;
use super::registry::{ConnectedPerson, Registry};
use crate::metrics::Metrics;
use crate::outbound::{Frame, Outbound};
use parking_lot::{Mutex, MutexGuard};
use protocol::{RoomId, UserId};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// People whose connections are measured before yielding to other tasks.
pub const MEASURE_BATCH: usize = 500;

/// See the module's documentation.
pub struct Delivery {
    /// Local connections by room, person and session. Held for moments, never across an await.
    registry: Mutex<Registry>,
    /// Wakes the task that fills gaps from the store.
    gap_found: Notify,
    /// Rooms whose channels were subscribed a moment ago: messages committed just before are to be looked for.
    opened: Mutex<Vec<RoomId>>,
    /// Wakes the task that looks for them.
    opening: Notify,
    metrics: Arc<Metrics>,
}

impl Delivery {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            registry: Mutex::default(),
            gap_found: Notify::new(),
            opened: Mutex::default(),
            opening: Notify::new(),
            metrics,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock()
    }

    /// Delivers a frame to the room's connections on this node, in the order of its stream.
    pub(super) fn deliver(&self, room: RoomId, position: StreamPosition, frame: &Frame) {
        let began = Instant::now();
        let mut registry = self.lock();
        let Some(active) = registry.room(room) else { return };
        let frames = active.sequence.offer(position, frame, began);
        active.send(&frames);
        let delivered = frames.len() * active.connections.len();
        let (has_gap, head) = (active.sequence.has_gap(), active.sequence.head());
        if let Some(head) = head {
            registry.recent.record(room, position, &frames, head);
        }
        let is_new_gap = registry.gaps.set(room, has_gap, began);
        drop(registry);
        if is_new_gap {
            self.metrics.gaps_found.inc();
            self.gap_found.notify_one();
        }
        self.metrics.deliveries.inc_by(delivered as u64);
        self.metrics.fan_out.observe(began.elapsed().as_secs_f64());
    }

    /// People connected to this node in the order of their ids: those after `after`, `limit` at most. A list of everybody would
    /// block other tasks.
    pub(crate) fn people(&self, after: Option<UserId>, limit: usize) -> Vec<(UserId, ConnectedPerson)> {
        self.lock().people(after, limit)
    }

    /// The version of a person's rooms; none if they are not connected here.
    pub(crate) fn version_of(&self, user: UserId) -> Option<u64> {
        self.lock().version_of(user)
    }

    /// Returns true if the person is connected to this node and a member of the room.
    pub(crate) fn is_in(&self, user: UserId, room: RoomId) -> bool {
        self.lock().is_in(user, room)
    }

    /// Records that a person's rooms here equal the database's at this `members_version`.
    pub(crate) fn set_compared(&self, user: UserId, members_version: Option<i64>) {
        self.lock().set_compared(user, members_version);
    }

    /// Every connection of this node.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.lock().all()
    }

    /// A person's connections to this node.
    pub(crate) fn connections_of(&self, user: UserId) -> Vec<Arc<Connection>> {
        self.lock().of_user(user).to_vec()
    }

    /// Returns true if no connection is registered.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Samples the gauges of connections, in slices that yield.
    pub async fn measure(&self) {
        let (mut after, mut connections, mut queued) = (None, 0, 0);
        loop {
            let people = self.people(after, MEASURE_BATCH);
            let Some((last, _)) = people.last() else { break };
            after = Some(*last);
            let outbounds = people.iter().flat_map(|(_, person)| &person.connections);
            for connection in outbounds {
                connections += 1;
                queued += connection.outbound.queued();
            }
            tokio::task::yield_now().await;
        }
        let rooms = self.lock().room_count();
        let gauges = [
            (&self.metrics.connections, connections),
            (&self.metrics.queued_bytes, queued),
            (&self.metrics.rooms, rooms),
        ];
        for (gauge, value) in gauges {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// Sends a frame to all connections of a person on this node.
    pub(crate) fn send_to_user(&self, user: UserId, frame: &Frame) {
        Outbound::send_all(
            self.lock().of_user(user).iter().map(|connection| &connection.outbound),
            std::slice::from_ref(frame),
        );
    }

    /// Sends a frame to all connections of this node.
    pub(crate) fn send_to_all(&self, frame: &Frame) {
        let connections = self.connections();
        Outbound::send_all(connections.iter().map(|connection| &connection.outbound), std::slice::from_ref(frame));
    }
}
