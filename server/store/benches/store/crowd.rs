//! People in rooms who all talk at once: what a batch is made of.

use protocol::{ClientId, RoomId, RoomKind, UnixMillis, UserId};
use store::{Append, Error, NewRoom, NewUser, Registration, Stamp, Store};
use uuid::Uuid;

/// Bytes in the body of each message.
pub(crate) const BODY_BYTES: usize = 100;
const PEOPLE: usize = 200;
const ROOMS: usize = 50;
/// Each person is in about four rooms.
const MEMBERS: usize = 16;

/// Who may write where, and whose turn it is.
pub(crate) struct Crowd {
    /// Every membership.
    seats: Vec<(RoomId, UserId)>,
    /// The same order of seats in each run.
    random: fastrand::Rng,
}

impl Crowd {
    /// Stores people and rooms.
    pub(crate) async fn gather(store: &dyn Store) -> Result<Self, Error> {
        let mut people = Vec::with_capacity(PEOPLE);
        for number in 0..PEOPLE {
            people.push(join(store, &format!("person{number}")).await?);
        }
        let mut seats = Vec::with_capacity(ROOMS * MEMBERS);
        for number in 0..ROOMS {
            let spread = PEOPLE / MEMBERS;
            let members: Vec<_> = (0..MEMBERS).map(|seat| people[(number + seat * spread) % PEOPLE]).collect();
            let id = found(store, format!("Room {number}"), &members).await?;
            seats.extend(members.into_iter().map(|user| (id, user)));
        }
        Ok(Self { seats, random: fastrand::Rng::with_seed(1) })
    }

    /// Somebody who is in no room of these yet.
    pub(crate) async fn newcomer(&self, store: &dyn Store) -> Result<UserId, Error> {
        join(store, &format!("newcomer{}", Uuid::now_v7())).await
    }

    /// Some of the rooms, each once with its owner.
    pub(crate) fn rooms(&self, count: usize) -> Vec<(RoomId, UserId)> {
        let mut rooms = self.seats.clone();
        rooms.dedup_by_key(|(room, _)| *room);
        rooms.truncate(count);
        rooms
    }

    /// So many new messages, each of anybody anywhere.
    pub(crate) fn talk(&mut self, count: usize) -> Vec<Append> {
        let append = |(room_id, sender_id)| Append {
            room_id,
            sender_id,
            client_id: ClientId(Uuid::now_v7()),
            body: "x".repeat(BODY_BYTES),
            reply_to: None,
            created_at: stamp().now,
        };
        (0..count).map(|_| append(self.seats[self.random.usize(..self.seats.len())])).collect()
    }
}

/// Stores a public room of the first of these people, which the others join.
pub(crate) async fn found(store: &dyn Store, name: String, members: &[UserId]) -> Result<RoomId, Error> {
    let (id, name, creator) = (RoomId(Uuid::now_v7()), Some(name), members[0]);
    store.create_room(NewRoom { id, kind: RoomKind::Public, name, creator, members: Vec::new() }, stamp()).await?;
    for member in &members[1..] {
        store.create_member(id, *member, *member, stamp()).await?;
    }
    Ok(id)
}

async fn join(store: &dyn Store, name: &str) -> Result<UserId, Error> {
    let (id, username) = (UserId(Uuid::now_v7()), name.to_owned());
    let user = NewUser { id, display_name: username.clone(), username, password_hash: String::new() };
    Ok(store.create_user(user, Registration::Open, &stamp).await?.0.id)
}

pub(crate) fn stamp() -> Stamp {
    Stamp { client_id: ClientId(Uuid::now_v7()), now: UnixMillis(1_700_000_000_000) }
}
