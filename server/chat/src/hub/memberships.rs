//! Memberships of the connections on this node.
//!
//! Invariant: a connection is in a room here if and only if the client was sent its summary. A comparison with the database
//! repairs both together.

use super::Hub;
use super::envelope::Control;
use super::registry::MembershipDiff;
use crate::outbound::Frame;
use protocol::{RoomHead, RoomId, RoomSummary, ServerFrame, UserId};

impl Hub {
    /// Puts a person's connections on this node into rooms, and returns once the channels are subscribed. The caller sends
    /// them these rooms.
    pub(crate) async fn join_here(&self, user: UserId, rooms: &[RoomId]) -> MembershipDiff {
        let diff = self.delivery.lock().join(user, rooms);
        self.subscribe(&diff).await;
        diff
    }

    pub(crate) fn leave_here(&self, user: UserId, room: RoomId) {
        self.delivery.lock().leave(user, room);
    }

    /// Replaces a person's rooms here by those of the database, unless `version` is stale. Returns once new channels are
    /// subscribed. The caller sends the person the difference.
    pub(crate) async fn replace_rooms(&self, user: UserId, rooms: &[RoomId], version: u64) -> Option<MembershipDiff> {
        let diff = self.delivery.lock().replace_rooms(user, rooms, version)?;
        self.subscribe(&diff).await;
        Some(diff)
    }

    /// As [`Hub::replace_rooms`], but does not wait for the subscriptions: see [`Hub::subscribe`]. The caller sends the person
    /// these summaries next. Later messages of the rooms count as a gap until they are delivered.
    pub(crate) fn enter_rooms(&self, user: UserId, rooms: &[RoomSummary], version: u64) -> Option<MembershipDiff> {
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        let diff = self.delivery.lock().replace_rooms(user, &ids, version)?;
        // Before any comparison with the database: messages that it finds beyond the summaries are missing.
        self.delivery
            .learn_heads(&rooms.iter().map(|room| RoomHead(room.id, room.last_seq, room.last_rev)).collect::<Vec<_>>());
        Some(diff)
    }

    /// Sends a room to all connections of a person; those on other nodes enter it by that.
    pub fn show(&self, user: UserId, room: RoomSummary) {
        self.publisher.publish_control(&Control::Joined { user, room: Box::new(room.clone()) });
        self.show_here(user, room);
    }

    /// As [`Hub::show`], on this node. Does nothing for a person who left since the room was read.
    pub(crate) fn show_here(&self, user: UserId, room: RoomSummary) {
        if !self.delivery.is_in(user, room.id) {
            return;
        }
        // From here on, messages after the summary are missing.
        self.delivery.learn_heads(&[RoomHead(room.id, room.last_seq, room.last_rev)]);
        self.delivery.send_to_user(user, &Frame::encode(&ServerFrame::RoomChanged { room }));
    }

    /// Removes all of a person's connections from a room, on all nodes, and sends them `room:gone`.
    pub fn leave(&self, user: UserId, room: RoomId) {
        self.publisher.publish_control(&Control::Left { user, room });
        self.dismiss_here(user, room);
    }

    pub(super) fn dismiss_here(&self, user: UserId, room: RoomId) {
        self.leave_here(user, room);
        self.delivery.send_to_user(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
    }

    /// Applies a control message of another node: a person joined a room.
    pub(super) fn joined_elsewhere(&self, user: UserId, room: RoomSummary) {
        let diff = self.delivery.lock().join(user, &[room.id]);
        self.show_here(user, room);
        // Not awaited: this task reads the bus, and would wait for itself.
        self.ask_for(&diff);
    }
}
