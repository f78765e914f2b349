//! What happens while something waits for a lock or a connection: on PostgreSQL, where nodes wait for each other.

use super::{Db, entry, stamp};
use crate::harness::{fresh_postgres, until};
use protocol::{RoomKind, Seq, UnixMillis, UserId};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use store::{Append, Appended, Refusal, RoomChange};

/// A database of its own with three connections, and where it is.
async fn on_postgres() -> (String, Db) {
    let url = fresh_postgres().await;
    let opened = url.clone();
    (url, Db::new(move || store::open(&opened, 3).unwrap()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_their_message_waits_has_not_sent_it() {
    let (url, db) = on_postgres().await;
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    assert!(db.send_message(room, bob, "still here").await.stored().is_some());

    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut removal = other.begin().await.unwrap();
    for statement in [
        "select 1 from rooms where id = $1 and $2::uuid is not null for update",
        "delete from members where room_id = $1 and user_id = $2",
    ] {
        sqlx::query(statement).bind(room.0).bind(bob.0).execute(&mut *removal).await.unwrap();
    }
    let store = Arc::clone(&db.store);
    let batch = [entry(room, bob, "too late"), entry(room, ada, "mine")];
    let waits = tokio::spawn(async move {
        loop {
            let answers = store.append(&batch).await.unwrap();
            if !answers.contains(&Appended::Locked) {
                return answers;
            }
        }
    });
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    until("the message to wait for the room", async || is_waiting(&mut watcher).await.then_some(())).await;
    removal.commit().await.unwrap();
    let answers = waits.await.unwrap();
    assert_eq!(answers[0], Appended::Refused(Refusal::NotMember));
    assert_eq!(answers[1].stored().unwrap().body, "mine");
}

/// Whether somebody waits for a lock in this database.
async fn is_waiting(watcher: &mut PgConnection) -> bool {
    let waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    sqlx::query(waiting).fetch_optional(watcher).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_locked_elsewhere_holds_up_no_other() {
    let (url, db) = on_postgres().await;
    let ada = db.user("ada").await;
    let (locked, free) = (db.room(RoomKind::Group, ada, &[]).await, db.room(RoomKind::Group, ada, &[]).await);
    let repeated = entry(locked, ada, "before");
    assert!(db.store.append(std::slice::from_ref(&repeated)).await.unwrap()[0].stored().is_some());
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut holds = other.begin().await.unwrap();
    sqlx::query("select 1 from rooms where id = $1 for update").bind(locked.0).execute(&mut *holds).await.unwrap();

    let waits = entry(locked, ada, "waits");
    assert_eq!(db.store.append(std::slice::from_ref(&waits)).await.unwrap(), [Appended::Locked], "alone");
    let nowhere = entry(protocol::RoomId(uuid::Uuid::now_v7()), ada, "nowhere");
    // Also where there are too many for one statement.
    for size in [1, 30] {
        let mut batch = vec![waits.clone(), repeated.clone(), nowhere.clone()];
        batch.extend((0..size).map(|_| entry(free, ada, "free")));
        let answers = db.store.append(&batch).await.unwrap();
        assert_eq!((&answers[0], &answers[2]), (&Appended::Locked, &Appended::Refused(Refusal::NotMember)));
        assert!(matches!(answers[1], Appended::Repeated(_)), "{answers:?}");
        assert!(answers[3..].iter().all(|answer| answer.stored().is_some()), "{answers:?}");
    }
    holds.rollback().await.unwrap();
    assert_eq!(db.store.append(&[waits]).await.unwrap()[0].stored().unwrap().seq, Seq(3));
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
    let renames =
        tokio::spawn(async move { store.update_room(room, ada, &[(RoomChange::Name("Never".into()), stamp())]).await });
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    until("the change to wait for the room", async || is_waiting(&mut watcher).await.then_some(())).await;
    renames.abort();
    assert!(renames.await.unwrap_err().is_cancelled());
    holds.rollback().await.unwrap();
    // The one connection that writes is there again, and the lock is free.
    let renamed = db.rename(room, ada, "Tea").await.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_may_take_as_long_as_it_takes_but_not_wait_for_a_lock() {
    let url = fresh_postgres().await;
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    // A migration's timeouts do not stay on its connection.
    for statement in [
        "create table limits (statement text, lock text)",
        "create function note() returns event_trigger language plpgsql as $$ begin insert into limits
         values (current_setting('statement_timeout'), current_setting('lock_timeout')); end $$",
        "create event trigger note on ddl_command_start execute function note()",
    ] {
        sqlx::raw_sql(statement).execute(&mut watcher).await.unwrap();
    }
    let store = store::open(&url, 3).unwrap();
    store.migrate().await.unwrap();
    let limits: Vec<(String, String)> =
        sqlx::query_as("select distinct statement, lock from limits").fetch_all(&mut watcher).await.unwrap();
    assert_eq!(limits, [("0".to_owned(), "5s".to_owned())]);

    // A migration that does not get its lock is tried again.
    let mut holds = watcher.begin().await.unwrap();
    sqlx::raw_sql("lock table _sqlx_migrations in access exclusive mode").execute(&mut *holds).await.unwrap();
    let refused = store.migrate().await;
    assert!(matches!(refused, Err(store::Error::Unavailable(_))), "{refused:?}");
    holds.rollback().await.unwrap();
    store.migrate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_lose_the_same_people_do_not_end_each_other() {
    let (_, db) = on_postgres().await;
    let mut people = Vec::new();
    for number in 0..60 {
        people.push(db.user(&format!("person{number}")).await);
    }
    let backwards: Vec<_> = people.iter().rev().copied().collect();
    let other = db.again();
    let round = async |store: &dyn store::Store, people: &[UserId]| {
        for at in 0..100 {
            store.update_last_seen(people, UnixMillis(at)).await.unwrap();
        }
    };
    tokio::join!(round(&*db.store, &people), round(&*other, &backwards));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_one_person_are_bounded() {
    let (url, db) = on_postgres().await;
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[]).await;
    for minute in 0..9 {
        let at = UnixMillis(minute);
        let batch: Vec<_> = (0..50).map(|_| Append { created_at: at, ..entry(room, bob, "let me in") }).collect();
        let answers = db.store.append(&batch).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Appended::Refused(Refusal::NotMember)));
    }
    let mut watcher = PgConnection::connect(&url).await.unwrap();
    let kept = sqlx::query_as::<_, (i64, i64)>("select count(*), min(refused_at) from refusals");
    assert_eq!(kept.fetch_one(&mut watcher).await.unwrap(), (200, 5));
}
