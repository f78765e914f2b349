//! What happens to a room while a message waits for its lock: on PostgreSQL, where nodes wait for each other.

use super::{Db, entry};
use crate::harness::{fresh_postgres, until};
use protocol::RoomKind;
use server::store::Appended;
use sqlx::{Connection, PgConnection};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_their_message_waits_has_not_sent_it() {
    let url = fresh_postgres().await;
    let opened = url.clone();
    let db = Db::new(move || server::store::open(&opened, 3).unwrap()).await;
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    assert!(db.say(room, bob, "still here").await.stored().is_some());

    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut removal = other.begin().await.unwrap();
    for statement in [
        "select 1 from rooms where id = $1 and $2::uuid is not null for update",
        "delete from members where room_id = $1 and user_id = $2",
    ] {
        sqlx::query(statement).bind(room.0).bind(bob.0).execute(&mut *removal).await.unwrap();
    }
    let store = Arc::clone(&db.store);
    let waits =
        tokio::spawn(async move { store.append(&[entry(room, bob, "too late"), entry(room, ada, "mine")]).await });
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    until("the message to wait for the room", async || {
        let waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        sqlx::query(waiting).fetch_optional(&mut watcher).await.unwrap().map(drop)
    })
    .await;
    removal.commit().await.unwrap();
    let answers = waits.await.unwrap().unwrap();
    assert_eq!(answers[0], Appended::NotMember);
    assert_eq!(answers[1].stored().unwrap().body, "mine");
}
