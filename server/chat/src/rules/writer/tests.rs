//! Batches in which something is wrong with some: the others do not suffer.

use super::{BATCH_MAX, OVERLOAD_TIMEOUT, QUEUE_MAX, QUEUE_TIMEOUT, Reply, Writer};
use crate::Error;
use crate::bus::memory::Exchange;
use crate::hub::{Hub, Keys};
use futures_util::future::join_all;
use protocol::{ClientId, RoomId, UnixMillis, UserId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::model::{Call, FaultHook, Model, Tables};
use store::{Append, Appended, NewUser, Result, Stamp};
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const GENERAL: RoomId = RoomId(Uuid::from_u128(2));

/// Holds locks, breaks, or takes its time.
#[derive(Default)]
struct Faults {
    locked: Mutex<BTreeSet<RoomId>>,
    /// A message that cannot be stored.
    poison: Mutex<Option<ClientId>>,
    takes: Mutex<Duration>,
}

#[async_trait::async_trait]
impl FaultHook for Faults {
    async fn enter(&self, _: Call) -> Result<()> {
        let takes = *self.takes.lock().unwrap();
        tokio::time::sleep(takes).await;
        Ok(())
    }

    fn is_locked(&self, room: RoomId) -> bool {
        self.locked.lock().unwrap().contains(&room)
    }

    fn breaks(&self, batch: &[Append]) -> bool {
        let poison = *self.poison.lock().unwrap();
        batch.iter().any(|append| Some(append.client_id) == poison)
    }
}

type Answer = oneshot::Receiver<std::result::Result<Appended, Error>>;

struct World {
    faults: Arc<Faults>,
    writer: Writer,
    other: RoomId,
}

impl World {
    fn new() -> Self {
        let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
        let (username, display_name, password_hash) = ("ada".into(), "Ada".into(), String::new());
        let stamp = Stamp { client_id: ClientId(Uuid::now_v7()), now: UnixMillis(0) };
        tables.create_user(NewUser { id: ADA, username, display_name, password_hash }, stamp).unwrap();
        let other = RoomId(Uuid::from_u128(3));
        tables.rooms.insert(other, tables.rooms[&GENERAL].clone());
        let faults = Arc::<Faults>::default();
        let store = Arc::new(Model::new(Arc::new(Mutex::new(tables)), faults.clone()));
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
        hub.enter_epoch(Uuid::from_u128(9));
        tokio::spawn(Arc::clone(&hub).keep_subscriptions());
        Self { faults, writer: Writer::spawn(store, hub, Arc::default()).0, other }
    }

    async fn send_message(&self, room_id: RoomId, id: u128) -> Answer {
        let (answer, answered) = oneshot::channel();
        let (client_id, created_at) = (ClientId(Uuid::from_u128(id)), UnixMillis(0));
        let append = Append { room_id, sender_id: ADA, client_id, body: "hi".into(), reply_to: None, created_at };
        self.writer.submit(append, Reply::Wait(answer)).await;
        answered
    }
}

async fn seq(answer: Answer) -> i64 {
    let answer = answer.await.unwrap().unwrap();
    answer.stored().unwrap_or_else(|| panic!("{answer:?}")).seq.0
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_locked_holds_up_only_its_own_messages_and_keeps_their_order() {
    let world = World::new();
    world.faults.locked.lock().unwrap().insert(GENERAL);
    let held = [world.send_message(GENERAL, 1).await, world.send_message(GENERAL, 2).await];
    assert_eq!(seq(world.send_message(world.other, 3).await).await, 2);
    let later = world.send_message(GENERAL, 4).await;
    assert_eq!(seq(world.send_message(world.other, 5).await).await, 3);
    let [mut first, second] = held;
    assert!(first.try_recv().is_err(), "it waits");
    world.faults.locked.lock().unwrap().clear();
    assert_eq!([seq(first).await, seq(second).await, seq(later).await], [2, 3, 4]);
    assert_eq!(seq(world.send_message(GENERAL, 6).await).await, 5);
}

#[tokio::test(start_paused = true)]
async fn one_message_that_cannot_be_stored_fails_alone() {
    let world = World::new();
    *world.faults.poison.lock().unwrap() = Some(ClientId(Uuid::from_u128(7)));
    let answers = join_all((1..=20).map(|id| world.send_message(GENERAL, id))).await;
    let mut seqs = Vec::new();
    for (id, answer) in (1..).zip(answers) {
        match answer.await.unwrap() {
            Ok(appended) => seqs.push(appended.stored().unwrap().seq.0),
            Err(error) => assert!(id == 7 && matches!(error, Error::Internal(_)), "{id}: {error}"),
        }
    }
    assert_eq!(seqs, (2..21).collect::<Vec<_>>(), "19 of 20, in their order");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waited_too_long_is_not_stored_any_more() {
    let world = World::new();
    *world.faults.takes.lock().unwrap() = QUEUE_TIMEOUT + Duration::from_secs(1);
    let first = world.send_message(GENERAL, 1).await;
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let second = world.send_message(GENERAL, 2).await;
    assert_eq!(seq(first).await, 2);
    let refused = second.await.unwrap().unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    *world.faults.takes.lock().unwrap() = Duration::ZERO;
    assert_eq!(seq(world.send_message(GENERAL, 3).await).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_and_says_so() {
    let world = World::new();
    *world.faults.takes.lock().unwrap() = Duration::from_secs(1);
    let first = world.send_message(GENERAL, 1).await;
    let began = Instant::now();
    let mut id = 1;
    let refused = loop {
        id += 1;
        let answer = world.send_message(GENERAL, id).await;
        if began.elapsed() > Duration::ZERO {
            break answer;
        }
        assert!(id <= (QUEUE_MAX + BATCH_MAX) as u128, "the queue has no end");
    };
    assert!(matches!(refused.await, Ok(Err(Error::Unavailable(_)))));
    assert_eq!(began.elapsed(), OVERLOAD_TIMEOUT);
    assert_eq!(seq(first).await, 2, "the others are stored");
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_full_for_a_moment_refuses_nothing() {
    let world = World::new();
    *world.faults.takes.lock().unwrap() = OVERLOAD_TIMEOUT / 2;
    let mut last = None;
    for id in 1..=QUEUE_MAX as u128 + 1 {
        last = Some(world.send_message(GENERAL, id).await);
    }
    assert_eq!(seq(last.unwrap()).await, QUEUE_MAX as i64 + 2);
}
