//! A client that hangs up between the commit and the frames: everybody else hears of the change nevertheless.

use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::rules::Chat;
use crate::testing::{TestClient, connection};
use protocol::{ClientId, CreateRoom, Role, RoomId, Seq, ServerFrame, SessionId, UnixMillis, UpdateRoom, UserId};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::model::{Call, FaultHook, Model, Tables};
use store::{NewUser, Result, Revision, Stamp};
use tokio::sync::Notify;
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));
const GENERAL: RoomId = RoomId(Uuid::from_u128(3));

/// Stops each call that writes after its commit, once it is closed.
#[derive(Default)]
struct Stop {
    closed: AtomicBool,
    committed: Notify,
    go_on: Notify,
}

#[async_trait::async_trait]
impl FaultHook for Stop {
    async fn leave(&self, call: Call) -> Result<()> {
        if call == Call::Write && self.closed.load(Ordering::Relaxed) {
            self.committed.notify_one();
            self.go_on.notified().await;
        }
        Ok(())
    }
}

struct World {
    stop: Arc<Stop>,
    chat: Arc<Chat>,
    /// What Bob's device gets.
    client: TestClient,
}

impl World {
    /// Ada owns General, and Bob, who is in it, is connected.
    async fn new() -> Self {
        let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
        for (id, name) in [(ADA, "ada"), (BOB, "bob")] {
            let (username, display_name, password_hash) = (name.into(), name.into(), String::new());
            let stamp = Stamp { client_id: ClientId(Uuid::now_v7()), now: UnixMillis(0) };
            tables.create_user(NewUser { id, username, display_name, password_hash }, stamp).unwrap();
        }
        let ids = [ClientId(Uuid::now_v7()), ClientId(Uuid::now_v7())];
        tables.acquaint([ADA, BOB], RoomId(Uuid::from_u128(6)), ids, UnixMillis(0));
        let stop = Arc::<Stop>::default();
        let store = Arc::new(Model::new(Arc::new(Mutex::new(tables)), stop.clone()));
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
        hub.enter_epoch(Uuid::from_u128(9));
        tokio::spawn(Arc::clone(&hub).keep_subscriptions());
        let chat = Chat::new(store, hub, Arc::new(SystemClock), Arc::default());
        let (connection, client) = connection(BOB, SessionId(Uuid::from_u128(5)));
        chat.connect(&connection).await.unwrap();
        stop.closed.store(true, Ordering::Relaxed);
        Self { stop, chat, client }
    }

    /// Drops the request in the moment of its commit, and reads on until Bob hears what `told` looks for.
    async fn hang_up<T>(mut self, request: impl Future<Output = T>, told: impl Fn(&ServerFrame) -> bool) {
        tokio::select! {
            _ = request => panic!("it was answered"),
            () = self.stop.committed.notified() => {}
        }
        self.stop.closed.store(false, Ordering::Relaxed);
        self.stop.go_on.notify_one();
        for _ in 0..1_000 {
            while let Some(text) = self.client.try_recv() {
                if told(&serde_json::from_str(&text).unwrap()) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("nobody tells of the change");
    }
}

fn is_message(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::New { .. })
}

#[tokio::test(start_paused = true)]
async fn rooms_that_are_made_renamed_and_deleted_are_told_of() {
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    let form = CreateRoom::Group { name: "Tea".into(), member_ids: vec![BOB] };
    world.hang_up(chat.create_room(ADA, form), |frame| matches!(frame, ServerFrame::RoomChanged { .. })).await;
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    let form = UpdateRoom { name: Some("Tea".into()), ..UpdateRoom::default() };
    world.hang_up(chat.update_room(ADA, GENERAL, form), is_message).await;
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    world.hang_up(chat.delete_room(ADA, GENERAL), |frame| matches!(frame, ServerFrame::RoomGone { .. })).await;
}

#[tokio::test(start_paused = true)]
async fn members_who_change_are_told_of() {
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    world.hang_up(chat.set_role(ADA, GENERAL, BOB, Role::Admin), is_message).await;
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    let gone = |frame: &ServerFrame| matches!(frame, ServerFrame::RoomGone { .. });
    world.hang_up(chat.remove_member(ADA, GENERAL, BOB), gone).await;
}

#[tokio::test(start_paused = true)]
async fn revisions_are_told_of() {
    let world = World::new().await;
    let chat = Arc::clone(&world.chat);
    let new = protocol::NewMessage { client_id: ClientId(Uuid::now_v7()), body: "hello".into(), reply_to: None };
    world.stop.closed.store(false, Ordering::Relaxed);
    let said: Seq = chat.send_and_wait(ADA, GENERAL, new).await.unwrap().0.seq;
    world.stop.closed.store(true, Ordering::Relaxed);
    let edit = Revision::Edit { body: "hallo".into() };
    let revise = chat.revise(ADA, GENERAL, said, ClientId(Uuid::now_v7()), edit);
    world.hang_up(revise, |frame| matches!(frame, ServerFrame::Changed { .. })).await;
}
