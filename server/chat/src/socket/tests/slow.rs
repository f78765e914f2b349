//! Clients behind a link that takes little at a time, as a real network does, and slow databases: what is queued goes out
//! meanwhile, and a device that is far behind gets everything.

use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::outbound::WriterPool;
use crate::rules::Chat;
use crate::socket::*;
use crate::testing::{ReadBehavior, TestClient, connection_by};
use futures_util::stream;
use protocol::{ClientFrame, ClientId, CreateRoom, Cursor, PROTOCOL_VERSION, Rev, RoomId, Seq, ServerFrame};
use protocol::{SessionId, UnixMillis, UserId};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use store::model::{Call, FaultHook, Model, Tables};
use store::{Append, Messages, NewUser, Result, Stamp};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const ROOMS: usize = 60;
const MESSAGES: usize = 49;

/// A database whose reads wait for a permit each.
struct Turnstile(Semaphore);

#[async_trait::async_trait]
impl FaultHook for Turnstile {
    async fn enter(&self, call: Call) -> Result<()> {
        if call == Call::Read {
            self.0.acquire().await.unwrap().forget();
        }
        Ok(())
    }
}

struct World {
    chat: Arc<Chat>,
    store: Arc<Model>,
    reads: Arc<Turnstile>,
}

impl World {
    fn new() -> Self {
        let mut tables = Tables::new(Uuid::from_u128(9), RoomId(Uuid::from_u128(8)));
        let user =
            NewUser { id: ADA, username: "ada".into(), display_name: "Ada".into(), password_hash: String::new() };
        tables.create_user(user, Stamp { client_id: ClientId(Uuid::from_u128(4)), now: UnixMillis(0) }).unwrap();
        let reads = Arc::new(Turnstile(Semaphore::new(Semaphore::MAX_PERMITS)));
        let store = Arc::new(Model::new(Arc::new(Mutex::new(tables)), Arc::clone(&reads) as _));
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
        hub.enter_epoch(Uuid::from_u128(9));
        tokio::spawn(Arc::clone(&hub).keep_subscriptions());
        let chat = Chat::new(Arc::clone(&store) as _, hub, Arc::new(SystemClock), Arc::default());
        Self { chat, store, reads }
    }

    /// Ada's rooms, with a batch of messages of 400 characters in each.
    async fn fill(&self) -> Vec<RoomId> {
        let mut rooms = Vec::new();
        for number in 0..ROOMS {
            let form = CreateRoom::Public { name: format!("Room {number}") };
            let room_id = self.chat.create_room(ADA, form).await.unwrap().0.id;
            let append = || Append {
                room_id,
                sender_id: ADA,
                client_id: ClientId(Uuid::now_v7()),
                body: "x".repeat(400),
                reply_to: None,
                created_at: UnixMillis(0),
            };
            self.store.append(&(0..MESSAGES).map(|_| append()).collect::<Vec<_>>()).await.unwrap();
            rooms.push(room_id);
        }
        rooms
    }

    /// A connection that says these frames, and then listens.
    fn connect(
        &self,
        read_behavior: ReadBehavior,
        frames: Vec<ClientFrame>,
    ) -> (TestClient, JoinHandle<Option<CloseCode>>) {
        let writers = Arc::<WriterPool>::default();
        let (connection, client) = connection_by(&writers, ADA, SessionId(Uuid::from_u128(2)), read_behavior);
        tokio::spawn(writers.run());
        let mut dispatch = Dispatch::new(Arc::clone(&self.chat), Arc::clone(&connection), Arc::default());
        let frames = frames.into_iter().map(|frame| Incoming::Text(serde_json::to_string(&frame).unwrap()));
        let mut incoming = stream::iter(frames.collect::<Vec<_>>()).chain(stream::pending());
        let serving = tokio::spawn(async move { serve(&mut dispatch, &connection.outbound, &mut incoming).await });
        (client, serving)
    }
}

fn hello(cursors: Vec<Cursor>) -> ClientFrame {
    ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors }
}

/// A window of a real network: so many bytes, and nothing more for a round trip.
fn narrow(bytes: usize) -> ReadBehavior {
    Box::new(move |offered| (offered.min(bytes), Some(Duration::from_millis(50))))
}

async fn frame(client: &mut TestClient) -> ServerFrame {
    loop {
        let text = client.recv().await;
        // A ping has none.
        if !text.is_empty() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_far_behind_a_slow_link_gets_everything_on_one_connection() {
    let world = World::new();
    let rooms = world.fill().await;
    let cursors = rooms.iter().map(|room| Cursor(*room, Seq(1), Rev(0))).collect();
    let (mut client, serving) = world.connect(narrow(14_000), vec![hello(cursors)]);
    let mut received: BTreeMap<RoomId, usize> = BTreeMap::new();
    let all = async {
        loop {
            match frame(&mut client).await {
                ServerFrame::Offline { room_id, rows, .. } => *received.entry(room_id).or_default() += rows.len(),
                ServerFrame::SyncDone {} => return,
                _ => {}
            }
        }
    };
    tokio::select! {
        () = all => {}
        code = serving => panic!("closed with {code:?}"),
    }
    assert_eq!(received, rooms.into_iter().map(|room| (room, MESSAGES)).collect());
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_while_a_device_catches_up() {
    let world = World::new();
    let rooms = world.fill().await;
    let cursors = rooms.iter().map(|room| Cursor(*room, Seq(1), Rev(0))).collect();
    let client_id = ClientId(Uuid::now_v7());
    let send = ClientFrame::Send { client_id, room_id: rooms[0], body: "hi".into(), reply_to: None };
    let (mut client, _serving) = world.connect(narrow(14_000), vec![hello(cursors), send]);
    let mut batches = 0;
    loop {
        match frame(&mut client).await {
            ServerFrame::Offline { .. } => batches += 1,
            ServerFrame::Ack { client_id: stored, .. } if stored == client_id => break,
            _ => {}
        }
    }
    assert!(batches < ROOMS / 2, "only after {batches} batches");
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_goes_out_while_a_frame_is_handled() {
    let world = World::new();
    let room = world.fill().await.remove(0);
    // Enough for the summaries, the blocks and what comes before them; then the database is silent until everything that was queued
    // has arrived.
    world.reads.0.forget_permits(Semaphore::MAX_PERMITS);
    world.reads.0.add_permits(4);
    let (mut client, serving) = world.connect(narrow(1_000), vec![hello(vec![Cursor(room, Seq(1), Rev(0))])]);
    while !matches!(frame(&mut client).await, ServerFrame::Heads { .. }) {}
    world.reads.0.add_permits(100);
    assert!(matches!(frame(&mut client).await, ServerFrame::Offline { .. }));
    assert!(!serving.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_room_that_hello_names_often_is_answered_once() {
    let world = World::new();
    let room = world.fill().await.remove(0);
    let cursors = (0..900).map(|n| Cursor(room, Seq(1 + n % 30), Rev(0))).collect();
    let (mut client, _serving) = world.connect(narrow(usize::MAX), vec![hello(cursors)]);
    let mut answers = 0;
    loop {
        match frame(&mut client).await {
            ServerFrame::Offline { from, .. } => {
                assert_eq!(from, (Seq(1), Rev(0)), "the lowest");
                answers += 1;
            }
            ServerFrame::SyncDone {} => break,
            _ => {}
        }
    }
    assert_eq!(answers, 1);
}
