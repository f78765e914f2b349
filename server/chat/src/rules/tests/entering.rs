//! What is committed while somebody enters or leaves a room, here or where this node does not hear of it.

use crate::background::{check_opened, fill_gaps};
use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::outbound::WriterPool;
use crate::rules::Chat;
use crate::testing::{TestClient, connection, connection_by};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use protocol::{ClientId, CreateRoom, Cursor, RoomId, ServerFrame, SessionId, UnixMillis, UserId};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::model::{Call, FaultHook, Model, Tables};
use store::{Append, Appended, NewUser, Result, Stamp, Store};
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const GENERAL: RoomId = RoomId(Uuid::from_u128(2));

/// Lets everything pass. After the first answer to a read, something else happens.
struct Between(Mutex<Option<BoxFuture<'static, ()>>>);

#[async_trait::async_trait]
impl FaultHook for Between {
    async fn leave(&self, call: Call) -> Result<()> {
        let meanwhile = self.0.lock().unwrap().take_if(|_| call == Call::Read);
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        Ok(())
    }
}

fn store(tables: &Arc<Mutex<Tables>>, meanwhile: Option<BoxFuture<'static, ()>>) -> Arc<dyn Store> {
    Arc::new(Model::new(Arc::clone(tables), Arc::new(Between(Mutex::new(meanwhile)))))
}

/// A database in which ada is in the first room.
fn tables() -> Arc<Mutex<Tables>> {
    let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
    let user = NewUser { id: ADA, username: "ada".into(), display_name: "Ada".into(), password_hash: String::new() };
    tables.create_user(user, Stamp { client_id: ClientId(Uuid::from_u128(4)), now: UnixMillis(0) }).unwrap();
    Arc::new(Mutex::new(tables))
}

/// A node that no other one reaches.
fn node(store: Arc<dyn Store>) -> (Arc<Hub>, Arc<Chat>) {
    node_on(&Exchange::default(), store)
}

fn node_on(exchange: &Exchange, store: Arc<dyn Store>) -> (Arc<Hub>, Arc<Chat>) {
    let hub = Hub::new(Arc::new(exchange.bus()), Keys::default(), Arc::default());
    hub.enter_epoch(Uuid::from_u128(9));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    (Arc::clone(&hub), Chat::new(store, hub, Arc::new(SystemClock), Arc::default()))
}

fn next(client: &mut TestClient) -> ServerFrame {
    serde_json::from_str(&client.try_recv().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_database_knows_who_is_in_a_room_that_a_device_asks_about() {
    let tables = tables();
    let (_, here) = node(store(&tables, None));
    let (_, elsewhere) = node(store(&tables, None));
    let (connection, mut client) = connection(ADA, SessionId(Uuid::from_u128(5)));
    here.connect(&connection).await.unwrap();

    let form = CreateRoom::Public { name: "Tea".into() };
    let room = elsewhere.create_room(ADA, form).await.unwrap().0;
    let cursor = Cursor(room.id, room.last_seq, room.last_rev);
    let (frame, _) = here.catch_up(ADA, cursor).await.unwrap();
    assert!(matches!(frame, ServerFrame::Offline { room_id, .. } if room_id == room.id), "{frame:?}");
    assert!(matches!(next(&mut client), ServerFrame::RoomChanged { room: shown } if shown.id == room.id));

    let other = elsewhere.create_room(ADA, CreateRoom::Public { name: "Cake".into() }).await.unwrap().0;
    elsewhere.remove_member(ADA, other.id, ADA).await.unwrap();
    let (frame, _) = here.catch_up(ADA, Cursor(other.id, other.last_seq, other.last_rev)).await.unwrap();
    assert_eq!(frame, ServerFrame::RoomGone { room_id: other.id });
}

#[tokio::test(start_paused = true)]
async fn who_left_while_a_room_was_read_is_not_shown_it() {
    let (hub, chat) = node(store(&tables(), None));
    let (connection, mut client) = connection(ADA, SessionId(Uuid::from_u128(5)));
    let rooms = chat.connect(&connection).await.unwrap();
    hub.leave(ADA, GENERAL);
    hub.show_here(ADA, rooms[0].clone());
    assert_eq!(next(&mut client), ServerFrame::RoomGone { room_id: GENERAL });
    assert!(client.try_recv().is_none(), "nothing after that");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_a_connection_reads_its_rooms_does_not_enter() {
    let (tables, exchange) = (tables(), Exchange::default());
    let (_, elsewhere) = node_on(&exchange, store(&tables, None));
    let leave = async move {
        // This node listens by now.
        tokio::time::sleep(Duration::from_millis(10)).await;
        elsewhere.remove_member(ADA, GENERAL, ADA).await.unwrap();
        // The other node hears of it.
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let (hub, chat) = node_on(&exchange, store(&tables, Some(leave.boxed())));
    tokio::spawn(Arc::clone(&hub).listen(Arc::new(|| {})));
    // A device that has been here for a while.
    let (before, _client) = connection(ADA, SessionId(Uuid::from_u128(5)));
    hub.attach(&before);
    hub.join_here(ADA, &[GENERAL]).await;

    let (connection, _client) = connection(ADA, SessionId(Uuid::from_u128(5)));
    let rooms = chat.connect(&connection).await.unwrap();
    assert!(rooms.is_empty() && !hub.delivery.is_in(ADA, GENERAL));
}

#[tokio::test(start_paused = true)]
async fn what_was_told_before_this_node_heard_of_the_room_is_looked_for_at_once() {
    let tables = tables();
    let other = store(&tables, None);
    let commit = async move {
        let (client_id, body) = (ClientId(Uuid::from_u128(3)), "just now".to_owned());
        let (room_id, sender_id, created_at) = (GENERAL, ADA, UnixMillis(0));
        let append = Append { room_id, sender_id, client_id, body, reply_to: None, created_at };
        let appended = other.append(&[append]).await.unwrap();
        assert!(matches!(appended[..], [Appended::Stored(_)]), "{appended:?}");
    };
    let between = Arc::new(Between(Mutex::default()));
    let hook: Arc<dyn FaultHook> = Arc::<Between>::clone(&between);
    let (_, chat) = node(Arc::new(Model::new(Arc::clone(&tables), hook)));
    tokio::spawn(fill_gaps(Arc::clone(&chat)));
    tokio::spawn(check_opened(Arc::clone(&chat)));
    // The check of all heads has just been; the next one is 5 seconds away.
    tokio::time::sleep(Duration::from_millis(10)).await;
    *between.0.lock().unwrap() = Some(commit.boxed());

    let writers = Arc::<WriterPool>::default();
    tokio::spawn(Arc::clone(&writers).run());
    let (connection, mut client) =
        connection_by(&writers, ADA, SessionId(Uuid::from_u128(5)), Box::new(|bytes| (bytes, None)));
    let rooms = chat.connect(&connection).await.unwrap();
    assert!(rooms[0].last_message.as_ref().is_none_or(|last| last.body != "just now"), "read before the commit");
    let frame = tokio::time::timeout(Duration::from_secs(1), client.recv()).await.expect("it comes by itself");
    assert!(frame.contains("just now"), "{frame}");
}
