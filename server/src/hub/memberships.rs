//! Who is in which room, as the hub's connections have it. To be in a room here means to have been shown it: where one
//! is not so, neither is the other, and a comparison with the database finds both.

use super::Hub;
use super::envelope::Control;
use super::registry::{ConnectedPerson, MembershipDiff};
use crate::outbound::Frame;
use protocol::{RoomHead, RoomId, RoomSummary, ServerFrame, UserId};

impl Hub {
    /// People who are connected to this node, those after this one in the order of their ids, `limit` at most: a list of
    /// everybody would hold others up for as long as it takes to make.
    pub(crate) fn people(&self, after: Option<UserId>, limit: usize) -> Vec<(UserId, ConnectedPerson)> {
        self.lock().people(after, limit)
    }

    /// The version of a person's rooms, as long as they are connected here.
    pub(crate) fn version_of(&self, user: UserId) -> Option<u64> {
        self.lock().version_of(user)
    }

    /// Whether a person who is connected here is in a room.
    pub(crate) fn is_in(&self, user: UserId, room: RoomId) -> bool {
        self.lock().is_in(user, room)
    }

    /// Puts a person's connections on this node into rooms, and returns once the channels are subscribed. Who calls this
    /// shows them these rooms.
    pub(crate) async fn join_here(&self, user: UserId, rooms: &[RoomId]) -> MembershipDiff {
        let diff = self.lock().join(user, rooms);
        self.subscribe(&diff).await;
        diff
    }

    pub(crate) fn leave_here(&self, user: UserId, room: RoomId) {
        self.lock().leave(user, room);
    }

    /// Makes this node's picture of a person's rooms what the database says, unless it has changed since `version`.
    /// Returns once new channels are subscribed. Who calls this tells the person what differs.
    pub(crate) async fn replace_rooms(&self, user: UserId, rooms: &[RoomId], version: u64) -> Option<MembershipDiff> {
        let diff = self.lock().replace_rooms(user, rooms, version)?;
        self.subscribe(&diff).await;
        Some(diff)
    }

    /// A person's rooms here are what the database had at this `members_version`.
    pub(crate) fn set_compared(&self, user: UserId, members_version: Option<i64>) {
        self.lock().set_compared(user, members_version);
    }

    /// As [`Hub::replace_rooms`], for a person who is shown these rooms next, and without waiting: see [`Hub::subscribe`]. From here on
    /// a room is not complete without what follows its summary.
    pub(crate) fn enter_rooms(&self, user: UserId, rooms: &[RoomSummary], version: u64) -> Option<MembershipDiff> {
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        let diff = self.lock().replace_rooms(user, &ids, version)?;
        // Before anybody compares these rooms with the database: what that finds beyond the summaries is missing.
        self.learn_heads(&rooms.iter().map(|room| RoomHead(room.id, room.last_seq, room.last_rev)).collect::<Vec<_>>());
        Some(diff)
    }

    /// Shows a room to all connections of a person; those on other nodes enter it with that.
    pub(crate) fn show(&self, user: UserId, room: RoomSummary) {
        self.publish_control(&Control::Joined { user, room: Box::new(room.clone()) });
        self.show_here(user, room);
    }

    /// As [`Hub::show`], on this node. Who left since the room was read was told so, and is not shown it any more.
    pub(crate) fn show_here(&self, user: UserId, room: RoomSummary) {
        if !self.is_in(user, room.id) {
            return;
        }
        // From here on the room is not complete without what follows.
        self.learn_heads(&[RoomHead(room.id, room.last_seq, room.last_rev)]);
        self.send_to_user_here(user, &Frame::encode(&ServerFrame::RoomChanged { room }));
    }

    /// Takes all of a person's connections, on all nodes, out of a room, and tells them so.
    pub(crate) fn leave(&self, user: UserId, room: RoomId) {
        self.publish_control(&Control::Left { user, room });
        self.dismiss_here(user, room);
    }

    pub(super) fn dismiss_here(&self, user: UserId, room: RoomId) {
        self.leave_here(user, room);
        self.send_to_user_here(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
    }

    /// Another node says that a person is in a room.
    pub(super) fn joined_elsewhere(&self, user: UserId, room: RoomSummary) {
        let diff = self.lock().join(user, &[room.id]);
        self.show_here(user, room);
        // Not waited for: the bus is read by the very task that calls this.
        self.ask_for(&diff);
    }
}
