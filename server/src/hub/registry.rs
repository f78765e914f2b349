//! Who is connected to this node: plain maps, without locks or waiting.

use super::Connection;
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
    /// The rooms that each of these connections is in.
    rooms: BTreeSet<RoomId>,
}

impl Registry {
    pub(super) fn attach(&mut self, connection: &Arc<Connection>) {
        let person = self.users.entry(connection.user).or_default();
        person.connections.push(Arc::clone(connection));
        // A second device of somebody whose rooms are known is in them at once.
        let rooms: Vec<_> = person.rooms.iter().copied().collect();
        for room in rooms {
            self.rooms.entry(room).or_default().connections.push(Arc::clone(connection));
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

    /// Answers with the rooms whose channels are to be subscribed.
    pub(super) fn enter(&mut self, connection: &Connection, rooms: impl IntoIterator<Item = RoomId>) -> Vec<RoomId> {
        rooms.into_iter().filter(|room| self.join_one(connection.user, *room)).collect()
    }

    /// As [`Registry::enter`], for all connections of a person; nothing happens where they have none here.
    pub(super) fn join(&mut self, user: UserId, room: RoomId) -> Vec<RoomId> {
        if self.join_one(user, room) { vec![room] } else { Vec::new() }
    }

    pub(super) fn leave(&mut self, user: UserId, room: RoomId) {
        let was_in = self.users.get_mut(&user).is_some_and(|person| person.rooms.remove(&room));
        if was_in {
            self.remove_from(room, |other| other.user == user);
        }
    }

    /// Leaves what is not in `rooms` and joins the rest; answers as [`Registry::enter`].
    pub(super) fn replace_rooms(&mut self, user: UserId, rooms: &[RoomId]) -> Vec<RoomId> {
        let Some(person) = self.users.get(&user) else { return Vec::new() };
        let gone: Vec<_> = person.rooms.iter().copied().filter(|room| !rooms.contains(room)).collect();
        for room in gone {
            self.leave(user, room);
        }
        rooms.iter().copied().filter(|room| self.join_one(user, *room)).collect()
    }

    pub(super) fn room(&mut self, room: RoomId) -> Option<&mut Active> {
        self.rooms.get_mut(&room)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = (RoomId, &Active)> {
        self.rooms.iter().map(|(id, room)| (*id, room))
    }

    pub(super) fn rooms_of(&self, user: UserId) -> BTreeSet<RoomId> {
        self.users.get(&user).map(|person| person.rooms.iter().copied().collect()).unwrap_or_default()
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

    /// Whether the room's channel is to be subscribed.
    fn join_one(&mut self, user: UserId, room: RoomId) -> bool {
        let Some(person) = self.users.get_mut(&user) else { return false };
        if !person.rooms.insert(room) {
            return false;
        }
        let active = self.rooms.entry(room).or_default();
        let first = active.connections.is_empty();
        active.connections.extend(person.connections.iter().cloned());
        first && !self.deserted.remove(&room)
    }

    fn remove_from(&mut self, room: RoomId, goes: impl Fn(&Connection) -> bool) {
        let Some(active) = self.rooms.get_mut(&room) else { return };
        active.connections.retain(|connection| !goes(connection));
        if active.connections.is_empty() {
            self.rooms.remove(&room);
            self.deserted.insert(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn connection(user: u128, session: u128) -> Arc<Connection> {
        Arc::new(Connection::new(UserId(Uuid::from_u128(user)), SessionId(Uuid::from_u128(session))).0)
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
        assert_eq!(registry.enter(&ada, [room(7)]), [room(7)]);
        assert_eq!(registry.enter(&bob, [room(7)]), []);
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
        registry.enter(&ada, [room(7)]);
        registry.detach(&ada);
        registry.attach(&ada);
        assert_eq!(registry.enter(&ada, [room(7)]), []);
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
        registry.enter(&phone, [room(7)]);
        registry.attach(&laptop);
        assert_eq!(in_room(&mut registry, 7), 2);
        registry.join(phone.user, room(8));
        assert_eq!(in_room(&mut registry, 8), 2);
        registry.leave(phone.user, room(7));
        assert_eq!(in_room(&mut registry, 7), 0);
        registry.replace_rooms(phone.user, &[room(9)]);
        assert_eq!((in_room(&mut registry, 8), in_room(&mut registry, 9)), (0, 2));
        assert_eq!(registry.of_session(laptop.session).len(), 1);
    }
}
