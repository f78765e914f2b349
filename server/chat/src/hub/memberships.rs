//! Memberships of the connections on this node.
//!
//! Invariant: a connection is in a room here if and only if the client was sent its summary. A comparison with the database
//! repairs both together.

use super::Hub;
use super::envelope::Control;
use super::registry::{ConnectedPerson, MembershipDiff};
use crate::outbound::Frame;
use protocol::{RoomHead, RoomId, RoomSummary, ServerFrame, UserId};

impl Hub {
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

    /// Puts a person's connections on this node into rooms, and returns once the channels are subscribed. The caller sends
    /// them these rooms.
    pub(crate) async fn join_here(&self, user: UserId, rooms: &[RoomId]) -> MembershipDiff {
        let diff = self.lock().join(user, rooms);
        self.subscribe(&diff).await;
        diff
    }

    pub(crate) fn leave_here(&self, user: UserId, room: RoomId) {
        self.lock().leave(user, room);
    }

    /// Replaces a person's rooms here by those of the database, unless `version` is stale. Returns once new channels are
    /// subscribed. The caller sends the person the difference.
    pub(crate) async fn replace_rooms(&self, user: UserId, rooms: &[RoomId], version: u64) -> Option<MembershipDiff> {
        let diff = self.lock().replace_rooms(user, rooms, version)?;
        self.subscribe(&diff).await;
        Some(diff)
    }

    /// Records that a person's rooms here equal the database's at this `members_version`.
    pub(crate) fn set_compared(&self, user: UserId, members_version: Option<i64>) {
        self.lock().set_compared(user, members_version);
    }

    /// As [`Hub::replace_rooms`], but does not wait for the subscriptions: see [`Hub::subscribe`]. The caller sends the person
    /// these summaries next. Later messages of the rooms count as a gap until they are delivered.
    pub(crate) fn enter_rooms(&self, user: UserId, rooms: &[RoomSummary], version: u64) -> Option<MembershipDiff> {
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        let diff = self.lock().replace_rooms(user, &ids, version)?;
        // Before any comparison with the database: messages that it finds beyond the summaries are missing.
        self.learn_heads(&rooms.iter().map(|room| RoomHead(room.id, room.last_seq, room.last_rev)).collect::<Vec<_>>());
        Some(diff)
    }

    /// Sends a room to all connections of a person; those on other nodes enter it by that.
    pub fn show(&self, user: UserId, room: RoomSummary) {
        self.publish_control(&Control::Joined { user, room: Box::new(room.clone()) });
        self.show_here(user, room);
    }

    /// As [`Hub::show`], on this node. Does nothing for a person who left since the room was read.
    pub(crate) fn show_here(&self, user: UserId, room: RoomSummary) {
        if !self.is_in(user, room.id) {
            return;
        }
        // From here on, messages after the summary are missing.
        self.learn_heads(&[RoomHead(room.id, room.last_seq, room.last_rev)]);
        self.send_to_user_here(user, &Frame::encode(&ServerFrame::RoomChanged { room }));
    }

    /// Removes all of a person's connections from a room, on all nodes, and sends them `room:gone`.
    pub fn leave(&self, user: UserId, room: RoomId) {
        self.publish_control(&Control::Left { user, room });
        self.dismiss_here(user, room);
    }

    pub(super) fn dismiss_here(&self, user: UserId, room: RoomId) {
        self.leave_here(user, room);
        self.send_to_user_here(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
    }

    /// Applies a control message of another node: a person joined a room.
    pub(super) fn joined_elsewhere(&self, user: UserId, room: RoomSummary) {
        let diff = self.lock().join(user, &[room.id]);
        self.show_here(user, room);
        // Not awaited: this task reads the bus, and would wait for itself.
        self.ask_for(&diff);
    }
}
