//! What is committed while somebody enters a room.

use super::Chat;
use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Connection, Hub};
use crate::run::database::{check_opened, fill_holes};
use crate::store::model::{Call, Gate, Model, Tables};
use crate::store::{Append, Appended, NewUser, Result, Stamp, Store};
use protocol::{ClientId, RoomId, SessionId, UnixMillis, UserId};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

const ADA: UserId = UserId(Uuid::from_u128(1));
const GENERAL: RoomId = RoomId(Uuid::from_u128(2));

/// Lets everything pass. After the first answer to a read, another node commits.
struct Between {
    other: Option<Arc<dyn Store>>,
    done: AtomicBool,
}

#[async_trait::async_trait]
impl Gate for Between {
    async fn enter(&self, _: Call) -> Result<()> {
        Ok(())
    }

    async fn leave(&self, call: Call) -> Result<()> {
        if let Some(other) = &self.other
            && call == Call::Read
            && !self.done.swap(true, Ordering::Relaxed)
        {
            let (client_id, body) = (ClientId(Uuid::from_u128(3)), "just now".to_owned());
            let (room_id, sender_id, created_at) = (GENERAL, ADA, UnixMillis(0));
            let appended =
                other.append(&[Append { room_id, sender_id, client_id, body, reply_to: None, created_at }]).await?;
            assert!(matches!(appended[..], [Appended::Stored(_)]), "{appended:?}");
        }
        Ok(())
    }
}

fn store(tables: &Arc<Mutex<Tables>>, other: Option<Arc<dyn Store>>) -> Arc<dyn Store> {
    Arc::new(Model::new(Arc::clone(tables), Arc::new(Between { other, done: AtomicBool::new(false) })))
}

#[tokio::test(start_paused = true)]
async fn what_was_told_before_this_node_heard_of_the_room_is_looked_for_at_once() {
    let mut tables = Tables::new(Uuid::from_u128(9), GENERAL);
    let user = NewUser { id: ADA, username: "ada".into(), display_name: "Ada".into(), password_hash: String::new() };
    tables.create_user(user, Stamp { client_id: ClientId(Uuid::from_u128(4)), now: UnixMillis(0) }).unwrap();
    let tables = Arc::new(Mutex::new(tables));
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Arc::default());
    let chat = Chat::new(store(&tables, Some(store(&tables, None))), hub, Arc::new(SystemClock), Arc::default());
    tokio::spawn(fill_holes(Arc::clone(&chat)));
    tokio::spawn(check_opened(Arc::clone(&chat)));
    // The check of all heads has just been; the next one is 5 seconds away.
    tokio::time::sleep(Duration::from_millis(10)).await;

    let (connection, mut queue) = Connection::new(ADA, SessionId(Uuid::from_u128(5)), "Ada");
    let rooms = chat.connect(&Arc::new(connection)).await.unwrap();
    assert!(rooms[0].last_message.as_ref().is_none_or(|last| last.body != "just now"), "read before the commit");
    let frame = tokio::time::timeout(Duration::from_secs(1), queue.recv()).await.expect("it comes by itself").unwrap();
    assert!(frame.as_str().contains("just now"), "{}", frame.as_str());
}
