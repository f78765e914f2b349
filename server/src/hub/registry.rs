//! Who is connected to this node: plain maps, without locks or waiting.

use super::Connection;
use super::recent::Recent;
use super::sequence::Sequence;
use protocol::{RoomId, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Connections = Vec<Arc<Connection>>;

/// Local connections, seen from three sides. A connection is in `users` from attach to detach, and in `rooms` wherever
/// its person is a member.
#[derive(Default)]
pub(super) struct Registry {
    rooms: BTreeMap<RoomId, Active>,
    users: BTreeMap<UserId, Person>,
    /// Rooms whose last connection has gone and whose channel is still subscribed, since people tend to come back.
    deserted: BTreeSet<RoomId>,
    /// What went out last, of `rooms`.
    pub(super) recent: Recent,
}

/// A room in which somebody is connected to this node.
#[derive(Default)]
pub(super) struct Active {
    pub(super) connections: Connections,
    /// Which of its frames have gone out here.
    pub(super) sequence: Sequence,
}

#[derive(Default)]
struct Person {
    connections: Connections,
    /// The rooms that each of these connections is in, and was shown.
    rooms: BTreeSet<RoomId>,
    /// How often `rooms` changed: what was read from the database before a change says nothing about it.
    version: u64,
}

/// A person's connections here, and which version of their rooms these are in.
pub(crate) struct Present {
    pub(crate) connections: Connections,
    pub(crate) version: u64,
}

/// The rooms that a person's connections entered and left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) joined: Vec<RoomId>,
    pub(crate) left: Vec<RoomId>,
    /// Those of `joined` in which nobody else is connected here.
    pub(super) first: Vec<RoomId>,
    /// Those of `first` whose channels are to be subscribed.
    pub(super) subscribe: Vec<RoomId>,
}

impl Registry {
    pub(super) fn attach(&mut self, connection: &Arc<Connection>) {
        let person = self.users.entry(connection.user).or_default();
        person.connections.push(Arc::clone(connection));
        // A second device of somebody whose rooms are known is in them at once.
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

    /// Puts all connections of a person into rooms; nothing happens where they have none here.
    pub(super) fn join(&mut self, user: UserId, rooms: &[RoomId]) -> Moved {
        let mut moved = Moved::default();
        for room in rooms {
            self.join_one(user, *room, &mut moved);
        }
        moved
    }

    pub(super) fn leave(&mut self, user: UserId, room: RoomId) {
        let Some(person) = self.users.get_mut(&user).filter(|person| person.rooms.contains(&room)) else { return };
        person.rooms.remove(&room);
        person.version += 1;
        self.remove_from(room, |other| other.user == user);
    }

    /// Leaves what is not in `rooms` and joins the rest. None, and nothing happens, where the person's rooms are no longer
    /// in this version.
    pub(super) fn replace_rooms(&mut self, user: UserId, rooms: &[RoomId], version: u64) -> Option<Moved> {
        let person = self.users.get(&user).filter(|person| person.version == version)?;
        let left: Vec<_> = person.rooms.iter().copied().filter(|room| !rooms.contains(room)).collect();
        for room in &left {
            self.leave(user, *room);
        }
        Some(Moved { left, ..self.join(user, rooms) })
    }

    pub(super) fn room(&mut self, room: RoomId) -> Option<&mut Active> {
        self.rooms.get_mut(&room)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = (RoomId, &Active)> {
        self.rooms.iter().map(|(id, room)| (*id, room))
    }

    /// Of no room is it known any more what has gone out.
    pub(super) fn forget_heads(&mut self) {
        for (id, room) in &mut self.rooms {
            room.sequence = Sequence::default();
            self.recent.forget(*id);
        }
    }

    pub(super) fn present(&self) -> BTreeMap<UserId, Present> {
        let present = |person: &Person| Present { connections: person.connections.clone(), version: person.version };
        self.users.iter().map(|(user, person)| (*user, present(person))).collect()
    }

    pub(super) fn version_of(&self, user: UserId) -> Option<u64> {
        self.users.get(&user).map(|person| person.version)
    }

    /// Whether one of the person's connections is here and they are in the room.
    pub(super) fn is_in(&self, user: UserId, room: RoomId) -> bool {
        self.users.get(&user).is_some_and(|person| person.rooms.contains(&room))
    }

    pub(super) fn of_user(&self, user: UserId) -> &[Arc<Connection>] {
        self.users.get(&user).map_or(&[], |person| person.connections.as_slice())
    }

    pub(super) fn of_session(&self, session: SessionId) -> Connections {
        let all = self.users.values().flat_map(|person| &person.connections);
        all.filter(|connection| connection.session == session).cloned().collect()
    }

    pub(super) fn all(&self) -> Connections {
        self.users.values().flat_map(|person| &person.connections).cloned().collect()
    }

    /// Rooms that nobody came back to, whose channels can be given up.
    pub(super) fn take_deserted(&mut self) -> Vec<RoomId> {
        std::mem::take(&mut self.deserted).into_iter().collect()
    }

    fn join_one(&mut self, user: UserId, room: RoomId, moved: &mut Moved) {
        let Some(person) = self.users.get_mut(&user) else { return };
        if !person.rooms.insert(room) {
            return;
        }
        person.version += 1;
        moved.joined.push(room);
        let active = self.rooms.entry(room).or_default();
        let first = active.connections.is_empty();
        active.connections.extend(person.connections.iter().cloned());
        if first {
            moved.first.push(room);
            if !self.deserted.remove(&room) {
                moved.subscribe.push(room);
            }
        }
    }

    fn remove_from(&mut self, room: RoomId, goes: impl Fn(&Connection) -> bool) {
        let Some(active) = self.rooms.get_mut(&room) else { return };
        active.connections.retain(|connection| !goes(connection));
        if active.connections.is_empty() {
            self.rooms.remove(&room);
            self.recent.forget(room);
            self.deserted.insert(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing;
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
        assert_eq!(registry.join(bob.user, &[room(7)]).subscribe, []);
        registry.detach(&ada);
        assert_eq!(registry.take_deserted(), []);
        registry.detach(&bob);
        assert_eq!(registry.take_deserted(), [room(7)]);
        assert!(registry.rooms().next().is_none() && registry.all().is_empty());
    }

    #[test]
    fn who_comes_back_soon_finds_the_channel_still_subscribed() {
        let mut registry = Registry::default();
        let ada = connection(1, 1);
        registry.attach(&ada);
        registry.join(ada.user, &[room(7)]);
        registry.detach(&ada);
        registry.attach(&ada);
        assert_eq!(registry.join(ada.user, &[room(7)]).subscribe, []);
        assert_eq!(registry.take_deserted(), []);
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
        assert_eq!(registry.replace_rooms(phone.user, &[room(9)], version), None, "they have moved since");
        let moved = registry.replace_rooms(phone.user, &[room(9)], registry.present()[&phone.user].version).unwrap();
        assert_eq!((moved.joined, moved.left), (vec![room(9)], vec![room(8)]));
        assert_eq!((in_room(&mut registry, 8), in_room(&mut registry, 9)), (0, 2));
        assert_eq!(registry.of_session(laptop.session).len(), 1);
    }
}
