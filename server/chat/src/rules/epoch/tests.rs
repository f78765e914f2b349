//! A database that lost commits under nodes that run: one new epoch, and every device starts over.

use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::rules::Chat;
use crate::testing::{TestClient, connection};
use protocol::{ClientId, CloseCode, NewMessage, RoomId, ServerFrame, SessionId, UnixMillis, UserId};
use std::sync::{Arc, Mutex};
use store::model::{FaultHook, Model, Tables};
use store::{NewUser, Stamp};
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const GENERAL: RoomId = RoomId(Uuid::from_u128(2));
const FIRST: Uuid = Uuid::from_u128(9);

struct NoFaults;
impl FaultHook for NoFaults {}

fn tables() -> Arc<Mutex<Tables>> {
    let mut tables = Tables::new(FIRST, GENERAL);
    let user = NewUser { id: ADA, username: "ada".into(), display_name: "Ada".into(), password_hash: String::new() };
    tables.create_user(user, Stamp { client_id: ClientId(Uuid::from_u128(4)), now: UnixMillis(0) }).unwrap();
    Arc::new(Mutex::new(tables))
}

async fn node(tables: &Arc<Mutex<Tables>>) -> Arc<Chat> {
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    let store = Arc::new(Model::new(Arc::clone(tables), Arc::new(NoFaults)));
    let chat = Chat::new(store, hub, Arc::new(SystemClock), Arc::default());
    assert_eq!(chat.epoch().await.unwrap(), FIRST);
    chat
}

async fn device(chat: &Arc<Chat>) -> (Arc<crate::hub::Connection>, TestClient) {
    let (connection, client) = connection(ADA, SessionId(Uuid::from_u128(5)));
    chat.connect(&connection).await.unwrap();
    (connection, client)
}

async fn send_message(chat: &Arc<Chat>) {
    let new = NewMessage { client_id: ClientId(Uuid::now_v7()), body: "hello".into(), reply_to: None };
    chat.send_and_wait(ADA, GENERAL, new).await.unwrap();
}

/// Whether the device is asked to reconnect.
fn is_sent_away(client: &mut TestClient) -> bool {
    let mut texts = std::iter::from_fn(|| client.try_recv());
    texts.any(|text| matches!(serde_json::from_str(&text).unwrap(), ServerFrame::GoAway { .. }))
}

#[tokio::test]
async fn less_than_went_out_is_another_epoch_for_all_nodes() {
    let tables = tables();
    let (here, there) = (node(&tables).await, node(&tables).await);
    let (connection, mut client) = device(&here).await;
    let (_other, mut far_client) = device(&there).await;
    send_message(&here).await;
    send_message(&here).await;
    here.check_heads().await.unwrap();
    there.check_heads().await.unwrap();
    assert_eq!(here.epoch().await.unwrap(), FIRST);

    let all = tables.lock().unwrap().rooms[&GENERAL].messages.clone();
    tables.lock().unwrap().rooms.get_mut(&GENERAL).unwrap().messages.truncate(all.len() - 1);
    here.check_heads().await.unwrap();
    let second = here.epoch().await.unwrap();
    assert_ne!(second, FIRST);
    assert!(is_sent_away(&mut client));
    assert_eq!(connection.outbound.run_until_closed().await, Some(CloseCode::GoingAway));
    assert!(!is_sent_away(&mut far_client), "it does not know yet");
    there.check_heads().await.unwrap();
    assert_eq!(there.epoch().await.unwrap(), second, "one epoch for one event");
    assert!(is_sent_away(&mut far_client));

    // The number that was given out before is told again.
    let (_again, mut client) = device(&here).await;
    send_message(&here).await;
    let mut texts = std::iter::from_fn(|| client.try_recv());
    assert!(texts.any(|text| matches!(serde_json::from_str(&text).unwrap(), ServerFrame::New { .. })));
    here.check_heads().await.unwrap();
    assert_eq!(here.epoch().await.unwrap(), second);
}

#[tokio::test]
async fn another_history_of_the_server_is_another_epoch_even_where_nobody_is_connected() {
    let tables = tables();
    let (here, there) = (node(&tables).await, node(&tables).await);
    tables.lock().unwrap().timeline += 1;
    let (one, two) = tokio::join!(here.check_heads(), there.check_heads());
    one.and(two).unwrap();
    here.check_heads().await.unwrap();
    there.check_heads().await.unwrap();
    let epoch = here.epoch().await.unwrap();
    assert_ne!(epoch, FIRST);
    assert_eq!(there.epoch().await.unwrap(), epoch);
}
