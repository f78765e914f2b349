//! The connections of this node: plain maps, without locks or waiting.

use super::Connection;
use super::gaps::Gaps;
use super::recent_cache::RecentCache;
use super::sequence::Sequence;
use crate::outbound::{Frame, Outbound};
use protocol::{RoomId, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

type Connections = Vec<Arc<Connection>>;

/// Local connections by person and by room. A connection is in `users` from attach to detach, and in `rooms` wherever its
/// person is a member.
#[derive(Default)]
pub(super) struct Registry {
    rooms: BTreeMap<RoomId, ActiveRoom>,
    users: BTreeMap<UserId, Person>,
    /// Rooms without connections whose channel is still subscribed: most clients reconnect soon.
    deserted: BTreeSet<RoomId>,
    /// The recent messages of `rooms`.
    pub(super) recent: RecentCache,
    /// Those of `rooms` with a gap on this node.
    pub(super) gaps: Gaps,
}

/// A room with local connections.
#[derive(Default)]
pub(super) struct ActiveRoom {
    pub(super) connections: Connections,
    /// Which of its frames were delivered here.
    pub(super) sequence: Sequence,
    /// Whether the room's channel is subscribed.
    is_subscribed: bool,
}

impl ActiveRoom {
    pub(super) fn send(&self, frames: &[Frame]) {
        Outbound::send_all(self.connections.iter().map(|connection| &connection.outbound), frames);
    }
}

#[derive(Default)]
struct Person {
    connections: Connections,
    /// The rooms that each of these connections is in, and was sent.
    rooms: BTreeSet<RoomId>,
    /// Counts changes of `rooms`: a read of the database from before a change is stale.
    version: u64,
    /// The `members_version` with which `rooms` were last compared, if they did not change since.
    compared: Option<i64>,
}

/// A person's connections here, and which version of their rooms these are in.
pub(crate) struct ConnectedPerson {
    pub connections: Connections,
    pub version: u64,
    pub compared: Option<i64>,
}

/// The difference between a person's rooms before and after: what their connections entered and left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MembershipDiff {
    pub joined: Vec<RoomId>,
    pub left: Vec<RoomId>,
    /// Those of `joined` without another local connection whose channels are still subscribed.
    pub(super) opened: Vec<RoomId>,
    /// Those of `joined` whose channels are not subscribed yet.
    pub(super) subscribe: Vec<RoomId>,
}

impl Registry {
    pub(super) fn attach(&mut self, connection: &Arc<Connection>) {
        let person = self.users.entry(connection.user).or_default();
        // Attached twice: it would get each frame twice.
        if person.connections.iter().any(|other| other.id == connection.id) {
            return;
        }
        person.connections.push(Arc::clone(connection));
        // A second device of a person whose rooms are known enters them at once.
        for room in &person.rooms {
            self.rooms.entry(*room).or_default().connections.push(Arc::clone(connection));
        }
    }

    pub(super) fn detach(&mut self, connection: &Arc<Connection>) {
        let Some(person) = self.users.get_mut(&connection.user) else { return };
        person.connections.retain(|other| other.id != connection.id);
        let rooms = person.rooms.clone();
        if person.connections.is_empty() {
            self.users.remove(&connection.user);
        }
        for room in rooms {
            self.remove_from(room, |other| other.id == connection.id);
        }
    }

    /// Subscribes all local connections of a person to rooms. Does nothing without one.
    pub(super) fn join(&mut self, user: UserId, rooms: &[RoomId]) -> MembershipDiff {
        let mut diff = MembershipDiff::default();
        for room in rooms {
            self.join_one(user, *room, &mut diff);
        }
        diff
    }

    pub(super) fn leave(&mut self, user: UserId, room: RoomId) {
        let Some(person) = self.users.get_mut(&user).filter(|person| person.rooms.contains(&room)) else { return };
        person.rooms.remove(&room);
        person.version += 1;
        person.compared = None;
        self.remove_from(room, |other| other.user == user);
    }

    /// Leaves what is not in `rooms` and joins the rest. Returns `None` without changes if `version` is stale.
    pub(super) fn replace_rooms(&mut self, user: UserId, rooms: &[RoomId], version: u64) -> Option<MembershipDiff> {
        let person = self.users.get(&user).filter(|person| person.version == version)?;
        let wanted: BTreeSet<_> = rooms.iter().collect();
        let left: Vec<_> = person.rooms.iter().copied().filter(|room| !wanted.contains(room)).collect();
        for room in &left {
            self.leave(user, *room);
        }
        Some(MembershipDiff { left, ..self.join(user, rooms) })
    }

    pub(super) fn room(&mut self, room: RoomId) -> Option<&mut ActiveRoom> {
        self.rooms.get_mut(&room)
    }

    /// The people after this one in the order of their ids, `limit` at most.
    pub(super) fn people(&self, after: Option<UserId>, limit: usize) -> Vec<(UserId, ConnectedPerson)> {
        let present = |person: &Person| {
            let Person { connections, version, compared, .. } = person;
            ConnectedPerson { connections: connections.clone(), version: *version, compared: *compared }
        };
        let after = self.users.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        after.take(limit).map(|(user, person)| (*user, present(person))).collect()
    }

    /// Forgets what was delivered, for all rooms.
    pub(super) fn forget_heads(&mut self) {
        for (id, room) in &mut self.rooms {
            room.sequence = Sequence::default();
            self.recent.evict(*id);
        }
        self.gaps = Gaps::default();
    }

    /// The rooms after this one in the order of their ids, `limit` at most.
    pub(super) fn rooms_after(&self, after: Option<RoomId>, limit: usize) -> Vec<RoomId> {
        let after = self.rooms.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        after.take(limit).map(|(room, _)| *room).collect()
    }

    /// Rooms in which somebody is connected here.
    pub(super) fn room_count(&self) -> usize {
        self.rooms.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(super) fn version_of(&self, user: UserId) -> Option<u64> {
        self.users.get(&user).map(|person| person.version)
    }

    /// A person's rooms are what the database had at this `members_version`.
    pub(super) fn set_compared(&mut self, user: UserId, compared: Option<i64>) {
        if let Some(person) = self.users.get_mut(&user) {
            person.compared = compared;
        }
    }

    /// Whether one of the person's connections is here and they are in the room.
    pub(super) fn is_in(&self, user: UserId, room: RoomId) -> bool {
        self.users.get(&user).is_some_and(|person| person.rooms.contains(&room))
    }

    pub(super) fn of_user(&self, user: UserId) -> &[Arc<Connection>] {
        self.users.get(&user).map_or(&[], |person| person.connections.as_slice())
    }

    /// The connections of one of a person's sessions.
    pub(super) fn of_session(&self, user: UserId, session: SessionId) -> Connections {
        self.of_user(user).iter().filter(|connection| connection.session == session).cloned().collect()
    }

    pub(super) fn all(&self) -> Connections {
        self.users.values().flat_map(|person| &person.connections).cloned().collect()
    }

    /// Those of these rooms with local connections whose channels are not subscribed, each once.
    pub(super) fn unsubscribed(&self, mut rooms: Vec<RoomId>) -> Vec<RoomId> {
        rooms.sort_unstable();
        rooms.dedup();
        rooms.retain(|room| self.rooms.get(room).is_some_and(|active| !active.is_subscribed));
        rooms
    }

    /// The channels of these rooms are subscribed.
    pub(super) fn subscribed(&mut self, rooms: &[RoomId]) {
        for room in rooms {
            match self.rooms.get_mut(room) {
                Some(active) => active.is_subscribed = true,
                None => drop(self.deserted.insert(*room)),
            }
        }
    }

    /// All rooms whose channels are subscribed: they count as released from now on.
    pub(super) fn take_subscribed(&mut self) -> Vec<RoomId> {
        let mut taken: Vec<_> = std::mem::take(&mut self.deserted).into_iter().collect();
        for (room, active) in &mut self.rooms {
            if std::mem::take(&mut active.is_subscribed) {
                taken.push(*room);
            }
        }
        taken
    }

    /// Rooms that stayed without connections, `limit` at most: their channels count as released from now on.
    pub(super) fn take_deserted(&mut self, limit: usize) -> Vec<RoomId> {
        let mut taken = Vec::with_capacity(self.deserted.len().min(limit));
        while taken.len() < limit
            && let Some(room) = self.deserted.pop_first()
        {
            taken.push(room);
        }
        taken
    }

    fn join_one(&mut self, user: UserId, room: RoomId, diff: &mut MembershipDiff) {
        let Some(person) = self.users.get_mut(&user) else { return };
        if !person.rooms.insert(room) {
            return;
        }
        person.version += 1;
        person.compared = None;
        diff.joined.push(room);
        let active = self.rooms.entry(room).or_default();
        let first = active.connections.is_empty();
        active.connections.extend(person.connections.iter().cloned());
        active.is_subscribed |= self.deserted.remove(&room);
        if !active.is_subscribed {
            diff.subscribe.push(room);
        } else if first {
            diff.opened.push(room);
        }
    }

    fn remove_from(&mut self, room: RoomId, goes: impl Fn(&Connection) -> bool) {
        let Some(active) = self.rooms.get_mut(&room) else { return };
        active.connections.retain(|connection| !goes(connection));
        if active.connections.is_empty() {
            if active.is_subscribed {
                self.deserted.insert(room);
            }
            self.rooms.remove(&room);
            self.recent.evict(room);
            self.gaps.remove(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use uuid::Uuid;

    fn connection(user: u128, session: u128) -> Arc<Connection> {
        testing::connection(UserId(Uuid::from_u128(user)), SessionId(Uuid::from_u128(session))).0
    }

    fn room(number: u128) -> RoomId {
        RoomId(Uuid::from_u128(number))
    }

    #[test]
    fn a_channel_is_subscribed_with_the_first_and_given_up_after_the_last() {
        let mut registry = Registry::default();
        let (ada, bob) = (connection(1, 1), connection(2, 2));
        registry.attach(&ada);
        registry.attach(&bob);
        assert_eq!(registry.join(ada.user, &[room(7)]).subscribe, [room(7)]);
        assert_eq!(registry.join(bob.user, &[room(7)]).subscribe, [room(7)], "it is not subscribed yet");
        assert_eq!(registry.unsubscribed(vec![room(7), room(8), room(7)]), [room(7)]);
        registry.subscribed(&[room(7)]);
        registry.leave(bob.user, room(7));
        assert_eq!(registry.join(bob.user, &[room(7)]).subscribe, []);
        registry.detach(&ada);
        assert_eq!(registry.take_deserted(9), []);
        registry.detach(&bob);
        assert_eq!(registry.take_deserted(9), [room(7)]);
        assert!(registry.room_count() == 0 && registry.is_empty());
    }

    #[test]
    fn who_comes_back_soon_finds_the_channel_still_subscribed() {
        let mut registry = Registry::default();
        let ada = connection(1, 1);
        registry.attach(&ada);
        registry.join(ada.user, &[room(7)]);
        registry.subscribed(&[room(7)]);
        registry.detach(&ada);
        registry.attach(&ada);
        let diff = registry.join(ada.user, &[room(7)]);
        assert_eq!((diff.subscribe, diff.opened), (vec![], vec![room(7)]));
        assert_eq!(registry.take_deserted(9), []);
    }

    #[test]
    fn a_channel_that_is_subscribed_too_late_is_given_up() {
        let mut registry = Registry::default();
        let ada = connection(1, 1);
        registry.attach(&ada);
        assert_eq!(registry.join(ada.user, &[room(7)]).subscribe, [room(7)]);
        registry.detach(&ada);
        assert_eq!(registry.take_deserted(9), [], "nothing is to be given up yet");
        registry.subscribed(&[room(7)]);
        assert_eq!(registry.take_deserted(9), [room(7)]);
    }

    #[test]
    fn a_connection_that_attaches_twice_is_there_once() {
        let mut registry = Registry::default();
        let ada = connection(1, 1);
        registry.attach(&ada);
        registry.join(ada.user, &[room(7)]);
        registry.attach(&ada);
        assert_eq!((in_room(&mut registry, 7), registry.all().len()), (1, 1));
    }

    fn in_room(registry: &mut Registry, number: u128) -> usize {
        registry.room(room(number)).map_or(0, |active| active.connections.len())
    }

    #[test]
    fn all_devices_of_a_person_are_in_the_same_rooms() {
        let mut registry = Registry::default();
        let (phone, laptop) = (connection(1, 1), connection(1, 2));
        registry.attach(&phone);
        registry.join(phone.user, &[room(7)]);
        registry.attach(&laptop);
        let version = registry.version_of(laptop.user).unwrap();
        assert_eq!(in_room(&mut registry, 7), 2);
        registry.join(phone.user, &[room(8)]);
        assert_eq!(in_room(&mut registry, 8), 2);
        registry.leave(phone.user, room(7));
        assert_eq!(in_room(&mut registry, 7), 0);
        assert_eq!(registry.replace_rooms(phone.user, &[room(9)], version), None, "they have diff since");
        let diff = registry.replace_rooms(phone.user, &[room(9)], registry.version_of(phone.user).unwrap()).unwrap();
        assert_eq!((diff.joined, diff.left), (vec![room(9)], vec![room(8)]));
        assert_eq!((in_room(&mut registry, 8), in_room(&mut registry, 9)), (0, 2));
        assert_eq!(registry.of_session(laptop.user, laptop.session).len(), 1);
    }
}
