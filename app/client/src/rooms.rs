//! All rooms of a person, and those that they only look at.

use crate::room::Room;
use protocol::{RoomId, RoomSummary, Seq, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    map: BTreeMap<RoomId, Room>,
    /// Rooms that came (true) or went (false) since `hello`: the snapshot in `welcome` may be older than that.
    /// Ends with `welcome`.
    since_hello: BTreeMap<RoomId, bool>,
    /// Those of the rooms that came since `hello` of which nothing was known before. Ends with `welcome`.
    new_since_hello: BTreeSet<RoomId>,
    /// How far rooms were when they went: an answer to an earlier request may still show them. A few bytes a room that
    /// was left, until the page ends.
    left_at: BTreeMap<RoomId, Seq>,
}

impl Rooms {
    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.map.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.map.get_mut(&id)
    }

    /// The room, made where nothing is known of it yet.
    pub(crate) fn entry(&mut self, id: RoomId) -> &mut Room {
        self.map.entry(id).or_insert_with(Room::new)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.map.iter().map(|(id, room)| (*id, room))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.map.values_mut()
    }

    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = (RoomId, &mut Room)> {
        self.map.iter_mut().map(|(id, room)| (*id, room))
    }

    /// A room came or changed outside of a snapshot.
    pub(crate) fn came(&mut self, id: RoomId) {
        self.since_hello.insert(id, true);
        if !self.map.contains_key(&id) {
            self.new_since_hello.insert(id);
        }
        self.left_at.remove(&id);
    }

    /// A room went. Whether it was here.
    pub(crate) fn remove(&mut self, id: RoomId) -> bool {
        self.since_hello.insert(id, false);
        let room = self.map.remove(&id);
        // One that nothing is known of yet may have been made a moment ago: the answer to that is of before, too.
        self.left_at.insert(id, room.as_ref().map_or(Seq(i64::MAX), Room::head));
        room.is_some()
    }

    /// Whether a summary is of a time before the person left the room. Who comes in again does so with a later message.
    pub(crate) fn is_of_before(&self, summary: &RoomSummary) -> bool {
        self.left_at.get(&summary.id).is_some_and(|left| summary.last_seq <= *left)
    }

    /// `hello` leaves: the server will read its snapshot after this.
    pub(crate) fn greet(&mut self) {
        self.since_hello.clear();
        self.new_since_hello.clear();
    }

    /// What of a snapshot still holds, and the rooms that are gone by it.
    pub(crate) fn compare(&mut self, snapshot: Vec<RoomSummary>) -> (Vec<RoomSummary>, Vec<RoomId>) {
        let since = std::mem::take(&mut self.since_hello);
        let listed = |id: RoomId| snapshot.iter().any(|summary| summary.id == id);
        let came = |id: RoomId| since.get(&id) == Some(&true);
        let gone = self.iter().filter(|(id, room)| room.is_member() && !listed(*id) && !came(*id));
        let gone = gone.map(|(id, _)| id).collect();
        let holds = |summary: &RoomSummary| since.get(&summary.id) != Some(&false);
        let held: Vec<_> = snapshot.into_iter().filter(holds).collect();
        for summary in &held {
            self.left_at.remove(&summary.id);
        }
        (held, gone)
    }

    /// Forgets rooms that the person is not in and does not look at.
    pub(crate) fn forget_strangers(&mut self, open: Option<RoomId>) {
        self.map.retain(|id, room| room.is_member() || open == Some(*id));
    }

    /// Drops everything of another epoch. Rooms that came on this connection are of the new one.
    pub(crate) fn clear(&mut self) {
        let new = std::mem::take(&mut self.new_since_hello);
        self.map.retain(|id, _| new.contains(id));
        self.left_at.clear();
    }

    /// The person's rooms, the latest active first.
    pub(crate) fn list(&self) -> Vec<RoomSummary> {
        let members = self.map.values().filter(|room| room.is_member());
        let mut rooms: Vec<_> = members.filter_map(|room| room.summary.clone()).collect();
        rooms.sort_by_cached_key(|room| std::cmp::Reverse((active_at(room), room.id)));
        rooms
    }

    pub(crate) fn unread(&self) -> i64 {
        let members = self.map.values().filter(|room| room.is_member());
        members.filter_map(|room| room.summary.as_ref()).map(|summary| summary.unread).sum()
    }
}

/// When something happened last: the newest message, or else the making of the room, which its id (a UUIDv7) tells.
fn active_at(room: &RoomSummary) -> UnixMillis {
    let made = || i64::try_from(room.id.0.as_u128() >> 80).map_or(UnixMillis(0), UnixMillis);
    room.last_message.as_ref().map_or_else(made, |message| message.created_at)
}
