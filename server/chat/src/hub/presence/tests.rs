//! Who counts as there, for whom, and for how long.

use super::*;
use crate::testing::{self, TestClient};
use PresenceState::{Away, Offline, Online};
use protocol::{ServerFrame, SessionId};

const ADA: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));
const OTHER_NODE: Uuid = Uuid::from_u128(9);

fn connection(user: UserId) -> (Arc<Connection>, TestClient) {
    testing::connection(user, SessionId(Uuid::from_u128(3)))
}

/// Bob's connection shows Ada. Answers with what it hears of her.
struct World {
    people: People,
    now: Instant,
    client: TestClient,
}

impl World {
    fn new() -> Self {
        let (bob, client) = connection(BOB);
        let mut people = People::default();
        people.watch(&bob, Some((Arc::clone(&bob), vec![ADA])));
        assert_eq!(people.first(BOB, &[ADA], &BTreeMap::new()), [Presence(ADA, Offline, UnixMillis(0))]);
        Self { people, now: Instant::now(), client }
    }

    fn after(&mut self, seconds: u64) -> (Moment, Vec<PresenceState>) {
        self.now += Duration::from_secs(seconds);
        let moment = self.people.pass(self.now);
        let mut received = Vec::new();
        while let Some(frame) = self.client.try_recv() {
            let ServerFrame::Presence { users } = serde_json::from_str(&frame).unwrap() else { panic!() };
            received.extend(users.into_iter().map(|Presence(user, state, seen)| {
                // When is left to the answer to `focus`: not everybody may know it.
                assert_eq!((user, seen), (ADA, UnixMillis(0)));
                state
            }));
        }
        (moment, received)
    }

    fn received_after(&mut self, seconds: u64) -> Vec<PresenceState> {
        self.after(seconds).1
    }
}

#[test]
fn who_comes_back_soon_was_never_gone() {
    let mut world = World::new();
    let (ada, _client) = connection(ADA);
    world.people.set_away(&ada, false, world.now);
    assert_eq!(world.received_after(1), [Online]);
    world.people.leave(&ada, world.now);
    assert_eq!(world.received_after(29), []);
    let (again, _client) = connection(ADA);
    world.people.set_away(&again, false, world.now);
    assert_eq!(world.received_after(60), []);
    world.people.leave(&again, world.now);
    let (moment, received) = world.after(30);
    assert_eq!((received, moment.gone), (vec![Offline], vec![ADA]));
    assert_eq!(moment.news, [Presence(ADA, Offline, UnixMillis(0))]);
}

#[test]
fn the_device_that_is_looked_at_counts() {
    let mut world = World::new();
    let ((phone, _a), (laptop, _b)) = (connection(ADA), connection(ADA));
    world.people.set_away(&phone, true, world.now);
    assert_eq!(world.received_after(1), [Away]);
    world.people.set_away(&laptop, false, world.now);
    assert_eq!(world.received_after(1), [Online]);
    world.people.set_away(&laptop, true, world.now);
    assert_eq!(world.received_after(29), [], "they may look again in a moment");
    assert_eq!(world.received_after(1), [Away]);
    world.people.leave(&laptop, world.now);
    assert_eq!(world.received_after(100), [], "the phone is still there");
}

#[test]
fn people_of_a_node_that_is_silent_are_gone_after_a_while() {
    let mut world = World::new();
    world.people.apply(OTHER_NODE, &[Presence(ADA, Online, UnixMillis(0))], world.now);
    assert_eq!(world.received_after(1), [Online]);
    world.now += Duration::from_secs(15);
    world.people.apply(OTHER_NODE, &[Presence(ADA, Online, UnixMillis(0))], world.now);
    world.people.expire(None, 1, world.now + REMOTE_PRESENCE_TIMEOUT - Duration::from_secs(1));
    assert_eq!(world.received_after(1), []);
    world.people.expire(None, 1, world.now + REMOTE_PRESENCE_TIMEOUT);
    assert_eq!(world.received_after(1), [Offline]);
}

#[test]
fn who_is_connected_to_two_nodes_is_there_while_one_of_them_says_so() {
    let mut world = World::new();
    let (ada, _client) = connection(ADA);
    world.people.set_away(&ada, true, world.now);
    world.people.apply(OTHER_NODE, &[Presence(ADA, Online, UnixMillis(0))], world.now);
    assert_eq!(world.received_after(1), [Online]);
    world.people.apply(OTHER_NODE, &[Presence(ADA, Offline, UnixMillis(0))], world.now);
    assert_eq!(world.received_after(1), [Away]);
    assert_eq!(world.people.some_here(None, 1), [Presence(ADA, Away, UnixMillis(0))]);
}

#[test]
fn nobody_is_told_of_people_whom_they_do_not_show() {
    let mut world = World::new();
    let (cy, _client) = connection(UserId(Uuid::from_u128(4)));
    world.people.set_away(&cy, false, world.now);
    assert_eq!(world.received_after(1), [], "Cy is not shown");
    let (bob, mut client) = connection(BOB);
    world.people.watch(&bob, Some((Arc::clone(&bob), vec![ADA])));
    world.people.watch(&bob, Some((Arc::clone(&bob), vec![cy.user])));
    let (ada, _client) = connection(ADA);
    world.people.set_away(&ada, false, world.now);
    assert_eq!(world.received_after(1), [Online]);
    assert!(client.try_recv().is_none(), "this one shows somebody else now");
    world.people.leave(&bob, world.now);
    assert!(world.people.watchers.keys().eq(&[ADA]), "and nothing is left of it when it ends");
}

#[test]
fn a_reader_who_is_behind_is_told_once_they_have_read() {
    let mut world = World::new();
    let bob = Arc::clone(&world.people.watches.values().next().unwrap().connection);
    bob.outbound.send(Frame::of_text(&"x".repeat(200_000)));
    let (ada, _client) = connection(ADA);
    world.people.set_away(&ada, false, world.now);
    world.people.pass(world.now);
    world.client.try_recv().unwrap();
    assert!(world.client.try_recv().is_none(), "it was left out");
    assert_eq!(world.received_after(1), [Online]);
}

#[test]
fn everybody_is_said_again_in_parts() {
    let mut world = World::new();
    let people: Vec<_> = (100..200).map(|number| connection(UserId(Uuid::from_u128(number)))).collect();
    for (connection, _) in &people {
        world.people.set_away(connection, false, world.now);
    }
    let (mut after, mut said) = (None, Vec::new());
    loop {
        let part = world.people.some_here(after, 30);
        assert!(part.len() <= 4, "{} at once", part.len());
        let Some(Presence(last, ..)) = part.last() else { break };
        after = Some(*last);
        said.extend(part.into_iter().map(|Presence(user, ..)| user));
    }
    assert_eq!(said, people.iter().map(|(connection, _)| connection.user).collect::<Vec<_>>());
}
