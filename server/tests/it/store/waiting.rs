//! What happens while something waits for a lock or a connection: on PostgreSQL, where nodes wait for each other.

use super::{Db, entry, stamp};
use crate::harness::{fresh_postgres, until};
use protocol::{RoomKind, Seq};
use server::store::Appended;
use sqlx::{Connection, PgConnection};
use std::sync::Arc;

/// A database of its own with three connections, and where it is.
async fn on_postgres() -> (String, Db) {
    let url = fresh_postgres().await;
    let opened = url.clone();
    (url, Db::new(move || server::store::open(&opened, 3).unwrap()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_their_message_waits_has_not_sent_it() {
    let (url, db) = on_postgres().await;
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
    until("the message to wait for the room", async || is_waiting(&mut watcher).await.then_some(())).await;
    removal.commit().await.unwrap();
    let answers = waits.await.unwrap().unwrap();
    assert_eq!(answers[0], Appended::NotMember);
    assert_eq!(answers[1].stored().unwrap().body, "mine");
}

/// Whether somebody waits for a lock in this database.
async fn is_waiting(watcher: &mut PgConnection) -> bool {
    let waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    sqlx::query(waiting).fetch_optional(watcher).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_in_the_middle_leaves_nothing_behind() {
    let (url, db) = on_postgres().await;
    let ada = db.user("ada").await;
    let room = db.room(RoomKind::Group, ada, &[]).await;
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut holds = other.begin().await.unwrap();
    sqlx::query("select 1 from rooms where id = $1 for update").bind(room.0).execute(&mut *holds).await.unwrap();
    let store = Arc::clone(&db.store);
    let renames = tokio::spawn(async move { store.rename_room(room, ada, "Never", stamp()).await });
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    until("the change to wait for the room", async || is_waiting(&mut watcher).await.then_some(())).await;
    renames.abort();
    assert!(renames.await.unwrap_err().is_cancelled());
    holds.rollback().await.unwrap();
    // The one connection that writes is there again, and the lock is free.
    let renamed = db.store.rename_room(room, ada, "Tea", stamp()).await.unwrap();
    assert_eq!(renamed.seq, Seq(2), "nothing was stored in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_at_most_so_many_and_all_come_back_however_a_statement_ends() {
    let (url, db) = on_postgres().await;
    let ada = db.user("ada").await;
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    let open = "select pid from pg_stat_activity where application_name = 'jackdaw' and datname = current_database()";
    for round in 0..20 {
        let asked: Vec<_> = (0..20)
            .map(|_| {
                let store = Arc::clone(&db.store);
                tokio::spawn(async move { store.list_rooms(ada).await })
            })
            .collect();
        let open = sqlx::query(open).fetch_all(&mut watcher).await.unwrap().len();
        assert!(open <= 3, "{open}, of which the pool knows {}", db.store.pool().0);
        for (number, asked) in asked.into_iter().enumerate() {
            if (number + round) % 3 == 0 {
                asked.abort();
            }
            match asked.await {
                Ok(rooms) => assert_eq!(rooms.unwrap().len(), 1),
                Err(error) => assert!(error.is_cancelled()),
            }
        }
    }
    let (open, _) = until("all to be idle", async || Some(db.store.pool()).filter(|(_, busy)| *busy == 0)).await;
    assert!((1..=3).contains(&open), "{open}");
    assert_eq!(db.store.list_rooms(ada).await.unwrap().len(), 1);
}
