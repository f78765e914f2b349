//! Devices that come back together, a few messages behind: what the database is asked, and that they get what it has.

use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::metrics::Metrics;
use crate::rules::Chat;
use crate::testing::connection;
use protocol::{ClientId, Cursor, Message, NewMessage, Rev, RoomId, Seq, ServerFrame, SessionId, UnixMillis, UserId};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::model::{Call, FaultHook, Model, Tables};
use store::{Limit, NewUser, Result, Revision, Stamp, Store};
use uuid::Uuid;

pub(super) const ADA: UserId = UserId(Uuid::from_u128(1));
pub(super) const GENERAL: RoomId = RoomId(Uuid::from_u128(2));

/// Counts what is read.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait::async_trait]
impl FaultHook for Counting {
    async fn enter(&self, call: Call) -> Result<()> {
        self.0.fetch_add(usize::from(call == Call::Read), Ordering::Relaxed);
        Ok(())
    }
}

/// A database in which Ada is in the first room.
fn tables() -> Arc<Mutex<Tables>> {
    let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
    let user = NewUser { id: ADA, username: "ada".into(), display_name: "Ada".into(), password_hash: String::new() };
    tables.create_user(user, Stamp { client_id: ClientId(Uuid::from_u128(4)), now: UnixMillis(0) }).unwrap();
    Arc::new(Mutex::new(tables))
}

/// It, as several nodes share it.
pub(super) fn store() -> Arc<dyn Store> {
    Arc::new(Model::new(tables(), Arc::<Counting>::default()))
}

/// A node with somebody in the first room, who stays.
struct Node {
    chat: Arc<Chat>,
    store: Arc<dyn Store>,
    reads: Arc<Counting>,
    metrics: Arc<Metrics>,
}

impl Node {
    async fn start() -> Self {
        let (reads, metrics) = (Arc::<Counting>::default(), Arc::<Metrics>::default());
        let hook: Arc<dyn FaultHook> = Arc::clone(&reads) as _;
        let store: Arc<dyn Store> = Arc::new(Model::new(tables(), hook));
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::clone(&metrics));
        hub.enter_epoch(Uuid::from_u128(9));
        tokio::spawn(Arc::clone(&hub).keep_subscriptions());
        let chat = Chat::new(Arc::clone(&store), hub, Arc::new(SystemClock), Arc::clone(&metrics));
        let (connection, _) = connection(ADA, SessionId(Uuid::from_u128(5)));
        chat.connect(&connection).await.unwrap();
        Self { chat, store, reads, metrics }
    }

    async fn send_message(&self, count: usize) -> Seq {
        let mut last = Seq(0);
        for number in 0..count {
            let new =
                NewMessage { client_id: ClientId(Uuid::now_v7()), body: format!("message {number}"), reply_to: None };
            last = self.chat.send_and_wait(ADA, GENERAL, new).await.unwrap().0.seq;
        }
        last
    }

    async fn revise(&self, seq: Seq) -> Rev {
        let revision = Revision::Edit { body: "changed".into() };
        self.chat.revise(ADA, GENERAL, seq, ClientId(Uuid::now_v7()), revision).await.unwrap().1
    }

    /// What a device at this cursor gets, which is what the database has; and how often that was read for it.
    async fn catch_up(&self, (seq, rev): (Seq, Rev)) -> (Vec<Message>, usize) {
        let before = self.reads.0.load(Ordering::Relaxed);
        let (frame, more) = self.chat.catch_up(ADA, Cursor(GENERAL, seq, rev)).await.unwrap();
        let read = self.reads.0.load(Ordering::Relaxed) - before;
        let ServerFrame::Offline { rows, to, .. } = frame else { panic!("{frame:?}") };
        let stored = self.store.list_changes(GENERAL, (seq, rev), Limit::rows(50)).await.unwrap().unwrap();
        assert_eq!((&rows, to, more), (&stored.messages, (stored.last_seq, stored.last_rev), false));
        (rows, read)
    }
}

#[tokio::test]
async fn a_storm_of_devices_that_are_a_few_rows_behind_reads_nothing() {
    let node = Node::start().await;
    let head = node.send_message(20).await;
    for device in 0..100 {
        let (rows, read) = node.catch_up((Seq(head.0 - 1 - device % 20), Rev(0))).await;
        assert_eq!((rows.len() as i64, read), (device % 20 + 1, 0));
    }
    assert_eq!((node.metrics.caught_up.get(), node.metrics.caught_up_here.get()), (100, 100));
}

#[tokio::test]
async fn what_was_said_before_the_node_listened_is_read_once() {
    let node = Node::start().await;
    // By another node.
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
    hub.enter_epoch(Uuid::from_u128(9));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    let elsewhere = Chat::new(Arc::clone(&node.store), hub, Arc::new(SystemClock), Arc::default());
    let new = NewMessage { client_id: ClientId(Uuid::now_v7()), body: "told to nobody".into(), reply_to: None };
    let said = elsewhere.send_and_wait(ADA, GENERAL, new).await.unwrap().0.seq;
    node.chat.check_heads().await.unwrap();
    node.chat.fill_gaps(true).await.unwrap();
    assert_eq!(node.catch_up((Seq(said.0 - 1), Rev(0))).await.1, 1);
    assert_eq!(node.catch_up((Seq(said.0 - 1), Rev(0))).await.1, 0);
    node.send_message(1).await;
    let (rows, read) = node.catch_up((Seq(said.0 - 1), Rev(0))).await;
    assert_eq!((rows.len(), read), (2, 0));
}

#[tokio::test]
async fn a_revision_is_never_missed() {
    let node = Node::start().await;
    let first = node.send_message(5).await;
    let rev = node.revise(first).await;
    let (rows, read) = node.catch_up((Seq(first.0 - 1), Rev(0))).await;
    assert_eq!((rows[0].body.as_str(), read), ("changed", 1));
    // That one was read, and is known as it is now.
    let (rows, read) = node.catch_up((Seq(first.0 - 1), rev)).await;
    assert_eq!((rows[0].body.as_str(), read), ("changed", 0));
    assert_eq!(node.catch_up((Seq(first.0 - 1), Rev(0))).await.1, 1, "a revision behind");
    let again = node.revise(Seq(first.0 - 1)).await;
    assert_eq!(node.catch_up((first, rev)).await.0.len(), 1);
    assert_eq!(node.catch_up((Seq(first.0 - 2), again)).await.0[0].body, "changed");
}
