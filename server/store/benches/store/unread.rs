//! Somebody comes back after a weekend: what their list of rooms costs the database when many messages are unread in each.

use crate::crowd::{Crowd, found, stamp};
use protocol::limits::UNREAD_MAX;
use protocol::{ClientId, RoomId, UserId};
use std::time::{Duration, Instant};
use store::{Append, Error, Store};
use uuid::Uuid;

const ROOMS: usize = 50;
const UNREAD: usize = 500;
const ASKED: usize = 200;
/// People who come back at the same moment take turns at the database: so much of its time each may take.
const TARGET: &str = "≤ 5 ms";

/// Times of the one query, in ascending order.
pub(crate) struct Unread(Vec<Duration>);

pub(crate) async fn measure(store: &dyn Store, crowd: &Crowd) -> Result<Unread, Error> {
    let person = crowd.newcomer(store).await?;
    let writers: Vec<UserId> = crowd.rooms(20).into_iter().map(|(_, owner)| owner).collect();
    let mut rooms = Vec::with_capacity(ROOMS);
    for number in 0..ROOMS {
        let members: Vec<UserId> = writers.iter().copied().chain([person]).collect();
        rooms.push(found(store, format!("Weekend {number}"), &members).await?);
    }
    // Said in all rooms at once, as people do: what belongs to one room lies far apart.
    for number in 0..UNREAD {
        let say = |room: &RoomId| Append {
            room_id: *room,
            sender_id: writers[number % writers.len()],
            client_id: ClientId(Uuid::now_v7()),
            body: "x".repeat(crate::crowd::BODY_BYTES),
            reply_to: None,
            created_at: stamp().now,
        };
        store.append(&rooms.iter().map(say).collect::<Vec<_>>()).await?;
    }
    let mut times = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let begun = Instant::now();
        let found = store.list_rooms(person).await?;
        times.push(begun.elapsed());
        assert_eq!(found.iter().filter(|room| room.unread == UNREAD_MAX + 1).count(), ROOMS, "it counts no further");
    }
    times.sort_unstable();
    Ok(Unread(times))
}

impl Unread {
    pub(crate) fn print(&self, name: &str) {
        let at = |percent: usize| self.0[self.0.len() * percent / 100].as_secs_f64() * 1e3;
        println!("{name:<11} {:>6.2} ms {:>6.2} ms {TARGET:>9}", at(50), at(99));
    }
}
