//! What a node finds by itself that nobody told it, and what cannot be read.

use crate::background::{check_sessions, fill_gaps, keep_repaired};
use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::metrics::Metrics;
use crate::rules::Chat;
use crate::testing::{TestClient, connection};
use protocol::{
    ClientId, CloseCode, CreateRoom, Mark, RoomId, RoomSummary, Seq, ServerFrame, SessionId, UnixMillis, UserId,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::model::{FaultHook, Model, Tables};
use store::{Append, Appended, Error, NewUser, Result, Stamp, Store};
use tokio::sync::Notify;
use tokio::time::sleep;
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));
const GENERAL: RoomId = RoomId(Uuid::from_u128(3));
const SESSION: SessionId = SessionId(Uuid::from_u128(4));
/// Nobody says anything for so long in the virtual time of a test.
const LONG: Duration = Duration::from_secs(3_600);

/// A database in which some rooms cannot be read.
#[derive(Default)]
struct Damaged(Mutex<BTreeSet<RoomId>>);

impl FaultHook for Damaged {
    fn read_room(&self, room: RoomId) -> Result<()> {
        let is_damaged = self.0.lock().unwrap().contains(&room);
        if is_damaged { Err(Error::Internal("a row that nobody understands".into())) } else { Ok(()) }
    }
}

/// Two nodes that do not reach each other: what happens on one is told to nobody on the other.
struct World {
    tables: Arc<Mutex<Tables>>,
    damaged: Arc<Damaged>,
    chat: Arc<Chat>,
    interruptions: Arc<Notify>,
    metrics: Arc<Metrics>,
    elsewhere: Arc<Chat>,
    elsewhere_store: Arc<dyn Store>,
}

fn stamp(number: u128) -> Stamp {
    Stamp { client_id: ClientId(Uuid::from_u128(number)), now: UnixMillis(0) }
}

impl World {
    fn new() -> Self {
        let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
        for (number, (id, name)) in [(ADA, "ada"), (BOB, "bob")].into_iter().enumerate() {
            let user =
                NewUser { id, username: name.into(), display_name: name.to_uppercase(), password_hash: String::new() };
            tables.create_user(user, stamp(1_000 + number as u128)).unwrap();
        }
        let ids = [2_000, 2_001].map(|number| ClientId(Uuid::from_u128(number)));
        tables.acquaint([ADA, BOB], RoomId(Uuid::from_u128(5)), ids, UnixMillis(0));
        let (tables, damaged) = (Arc::new(Mutex::new(tables)), Arc::<Damaged>::default());
        let metrics = Arc::<Metrics>::default();
        let node = |hook: Arc<dyn FaultHook>, metrics: &Arc<Metrics>| {
            let store: Arc<dyn Store> = Arc::new(Model::new(Arc::clone(&tables), hook));
            let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::clone(metrics));
            hub.enter_epoch(Uuid::from_u128(9));
            tokio::spawn(Arc::clone(&hub).keep_subscriptions());
            (Chat::new(Arc::clone(&store), hub, Arc::new(SystemClock), Arc::clone(metrics)), store)
        };
        let (chat, _) = node(Arc::clone(&damaged) as _, &metrics);
        let (elsewhere, elsewhere_store) = node(Arc::<Damaged>::default(), &Arc::default());
        let interruptions = Arc::new(Notify::new());
        tokio::spawn(keep_repaired(Arc::clone(&chat), Arc::clone(&interruptions)));
        Self { tables, damaged, chat, interruptions, metrics, elsewhere, elsewhere_store }
    }

    /// Somebody's device on the node.
    async fn device(&self, user: UserId) -> TestClient {
        let (connection, client) = connection(user, SESSION);
        self.chat.connect(&connection).await.unwrap();
        client
    }

    /// A message that nobody tells.
    async fn send_message(&self, room: &RoomSummary, number: u128, body: &str) {
        let (room_id, sender_id, created_at) = (room.id, BOB, UnixMillis(0));
        let client_id = ClientId(Uuid::from_u128(number));
        let append = Append { room_id, sender_id, client_id, body: body.into(), reply_to: None, created_at };
        let stored = self.elsewhere_store.append(&[append]).await.unwrap();
        assert!(matches!(stored[..], [Appended::Stored(_)]), "{stored:?}");
    }
}

/// What a device gets from now until so much later.
async fn within(client: &mut TestClient, timeout: Duration) -> Vec<ServerFrame> {
    sleep(timeout).await;
    std::iter::from_fn(|| client.try_recv()).map(|text| serde_json::from_str(&text).unwrap()).collect()
}

fn shows(frames: &[ServerFrame], room: RoomId) -> bool {
    frames.iter().any(|frame| matches!(frame, ServerFrame::RoomChanged { room: shown } if shown.id == room))
}

fn contains(frames: &[ServerFrame], body: &str) -> bool {
    frames.iter().any(
        |frame| matches!(frame, ServerFrame::Offline { rows, .. } if rows.iter().any(|message| message.body == body)),
    )
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_elsewhere_is_closed_within_seconds_whatever_else_fails() {
    let world = World::new();
    let (connection, _client) = connection(ADA, SESSION);
    world.chat.connect(&connection).await.unwrap();
    tokio::spawn(check_sessions(Arc::clone(&world.chat)));
    // Of each room and person something cannot be read.
    world.damaged.0.lock().unwrap().insert(GENERAL);
    sleep(LONG).await;
    world.tables.lock().unwrap().ended.insert(SESSION);
    let code = tokio::time::timeout(Duration::from_millis(5_100), connection.outbound.run_until_closed()).await;
    assert_eq!(code, Ok(Some(CloseCode::SessionRevoked)));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_cannot_be_read_holds_no_other_room_up() {
    let world = World::new();
    let [first, second] = [1, 2].map(|number| CreateRoom::Group { name: format!("{number}"), member_ids: vec![BOB] });
    let (first, second) = (
        world.elsewhere.create_room(ADA, first).await.unwrap().0,
        world.elsewhere.create_room(ADA, second).await.unwrap().0,
    );
    // The one that is looked at first.
    let (bad, good) = if first.id < second.id { (first, second) } else { (second, first) };
    let mut ada = world.device(ADA).await;
    world.damaged.0.lock().unwrap().insert(bad.id);
    tokio::spawn(fill_gaps(Arc::clone(&world.chat)));
    world.send_message(&bad, 1, "in the bad one").await;
    world.send_message(&good, 2, "in the good one").await;
    let frames = within(&mut ada, Duration::from_secs(10)).await;
    assert!(contains(&frames, "in the good one") && !contains(&frames, "in the bad one"), "{frames:?}");
    let failures = world.metrics.repairs_failed.get();
    assert!((1..=6).contains(&failures), "tried with backoff, not all the time: {failures}");

    world.damaged.0.lock().unwrap().clear();
    assert!(contains(&within(&mut ada, Duration::from_secs(61)).await, "in the bad one"));
}

#[tokio::test(start_paused = true)]
async fn a_person_whose_room_cannot_be_read_holds_nobody_up() {
    let world = World::new();
    let (mut ada, mut bob) = (world.device(ADA).await, world.device(BOB).await);
    sleep(LONG).await;
    let form = |name: &str| CreateRoom::Public { name: name.into() };
    let bad = world.elsewhere.create_room(ADA, form("Bad")).await.unwrap().0;
    world.damaged.0.lock().unwrap().insert(bad.id);
    let good = world.elsewhere.create_room(BOB, form("Good")).await.unwrap().0;
    assert!(shows(&within(&mut bob, Duration::from_secs(31)).await, good.id));
    assert!(!shows(&within(&mut ada, Duration::ZERO).await, bad.id));
    world.damaged.0.lock().unwrap().clear();
    assert!(shows(&within(&mut ada, Duration::from_secs(31)).await, bad.id));
}

#[tokio::test(start_paused = true)]
async fn after_an_interruption_what_was_missed_is_sent_at_once() {
    let world = World::new();
    let mut ada = world.device(ADA).await;
    sleep(LONG).await;
    let room = world.elsewhere.create_room(ADA, CreateRoom::Public { name: "Tea".into() }).await.unwrap().0;
    world.interruptions.notify_one();
    assert!(shows(&within(&mut ada, Duration::from_millis(100)).await, room.id));
}

#[tokio::test(start_paused = true)]
async fn marks_that_nobody_told_are_told_once() {
    let world = World::new();
    let room = world.elsewhere.create_room(ADA, CreateRoom::Group { name: "Tea".into(), member_ids: vec![BOB] });
    let room = room.await.unwrap().0;
    let mut ada = world.device(ADA).await;
    let marks = |frames: &[ServerFrame]| {
        frames.iter().filter(|frame| matches!(frame, ServerFrame::Status { .. })).cloned().collect::<Vec<_>>()
    };
    assert_eq!(marks(&within(&mut ada, LONG).await), [], "the list of rooms has told them");
    world.send_message(&room, 1, "one").await;
    let mark = Mark(ADA, Seq(2), Seq(2));
    world.elsewhere_store.update_marks(&[(room.id, mark)]).await.unwrap();
    let told = ServerFrame::Status { room_id: room.id, marks: vec![mark] };
    assert_eq!(marks(&within(&mut ada, Duration::from_secs(61)).await), [told]);
    assert_eq!(marks(&within(&mut ada, LONG).await), []);
}
