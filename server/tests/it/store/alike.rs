//! Names that look alike are told apart by the user names.

use super::{Db, on_every_store};
use crate::harness::fresh_postgres;
use protocol::{RoomKind, UnixMillis, UserId};
use sqlx::{PgPool, SqlitePool};
use store::{Actor, ErasedMessages, HistoryRange, Limit};

on_every_store!(names_that_look_alike_are_told_apart);

/// The names that others see, with the numbers of their changes.
async fn shown<const N: usize>(db: &Db, ids: [UserId; N]) -> [(String, i64); N] {
    let people = db.store.list_people(&ids, -1).await.unwrap();
    ids.map(|id| {
        let person = people.iter().find(|person| person.id == id).unwrap();
        (person.display_name.clone(), person.rev)
    })
}

fn names<const N: usize>(expected: [(&str, i64); N]) -> [(String, i64); N] {
    expected.map(|(name, rev)| (name.to_owned(), rev))
}

async fn names_that_look_alike_are_told_apart(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    db.send_message(room, ada, "one").await;
    // With a Cyrillic letter.
    db.rename_user(bob, "\u{410}da").await;
    assert_eq!(shown(&db, [ada, bob, cy]).await, names([("ADA @ada", 2), ("\u{410}da @bob", 1), ("CY", 0)]));
    let sent = db.send_message(room, bob, "two").await;
    assert_eq!(sent.stored().unwrap().sender_name, "\u{410}da @bob");
    let range = HistoryRange::Newest;
    let page = db.store.list_messages(ada, room, range, Limit::rows(10)).await.unwrap().messages;
    assert_eq!(page.last().unwrap().sender_name, "\u{410}da @bob");
    assert!(page.iter().any(|row| row.sender_name == "ADA @ada"), "also in what was sent before");
    let list = db.store.list_rooms(ada).await.unwrap();
    assert!(list.iter().any(|room| room.name == "\u{410}da @bob"), "the direct room is called like its person");
    assert_eq!(db.store.find_user(bob).await.unwrap().unwrap().display_name, "\u{410}da", "which is what Bob typed");

    // A third of that name changes nothing for the others; two of three are still told apart.
    db.rename_user(cy, "ada").await;
    assert_eq!(shown(&db, [ada, bob, cy]).await, names([("ADA @ada", 2), ("\u{410}da @bob", 1), ("ada @cy", 3)]));
    db.rename_user(bob, "Bob").await;
    assert_eq!(shown(&db, [ada, bob, cy]).await, names([("ADA @ada", 2), ("Bob", 4), ("ada @cy", 3)]));
    // The same skeleton in other letters.
    db.rename_user(cy, "Ada").await;
    assert_eq!(shown(&db, [ada, bob, cy]).await, names([("ADA @ada", 2), ("Bob", 4), ("Ada @cy", 5)]));
    db.rename_user(cy, "Cy").await;
    assert_eq!(shown(&db, [ada, bob, cy]).await, names([("ADA", 7), ("Bob", 4), ("Cy", 6)]));
    assert_eq!(db.store.people_rev().await.unwrap(), 7);
}

/// Names that an earlier version stored and changed are looked at later.
async fn names_of_an_earlier_version_are_compared(db: Db, raw: impl AsyncFn(&'static str)) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    raw("update users set skeleton = null where username = 'ada'").await;
    db.rename_user(bob, "ADA").await;
    assert_eq!(shown(&db, [ada, bob]).await, names([("ADA", 0), ("ADA", 1)]), "nobody has looked at Ada's");
    assert_eq!(db.store.settle_names(10).await.unwrap(), 1);
    assert_eq!(shown(&db, [ada, bob]).await, names([("ADA @ada", 2), ("ADA @bob", 3)]));
    assert_eq!(db.store.settle_names(10).await.unwrap(), 0);
    raw("update users set display_name = 'Bob' where username = 'bob'").await;
    assert_eq!(shown(&db, [ada, bob]).await[1].0, "Bob", "at once");
    assert_eq!(db.store.settle_names(10).await.unwrap(), 1);
    db.rename_user(ada, "BOB").await;
    assert_eq!(shown(&db, [ada, bob]).await.map(|(name, _)| name), ["BOB @ada", "Bob @bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_an_earlier_version_are_compared_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/jackdaw.db", folder.path().display());
    let db = Db::new({
        let url = url.clone();
        move || store::open(&url, 4).unwrap()
    });
    let db = db.await;
    let pool = SqlitePool::connect(&url).await.unwrap();
    names_of_an_earlier_version_are_compared(db, async |statement| {
        sqlx::query(statement).execute(&pool).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_an_earlier_version_are_compared_on_postgres() {
    let url = fresh_postgres().await;
    let pool = PgPool::connect(&url).await.unwrap();
    let db = Db::new(move || store::open(&url, 4).unwrap()).await;
    names_of_an_earlier_version_are_compared(db, async |statement| {
        sqlx::query(statement).execute(&pool).await.unwrap();
    })
    .await;
}

async fn names_are_told_apart_as_accounts_come_and_go(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    db.rename_user(ada, "CY").await;
    let cy = db.user("cy").await;
    let names = async || {
        let people = db.store.list_people(&[ada, bob, cy], -1).await.unwrap();
        let mut names: Vec<_> = people.into_iter().map(|person| (person.display_name, person.rev)).collect();
        names.sort();
        names
    };
    let expected = [("BOB", 0), ("CY @ada", 2), ("CY @cy", 0)].map(|(name, rev)| (name.to_owned(), rev));
    assert_eq!(names().await, expected);
    db.store.delete_user(cy, ErasedMessages::Keep, &Actor::command_line(), UnixMillis(5_000)).await.unwrap();
    // Those who know the name get to know the other one: it was changed after the deletion.
    let expected = [("BOB", 0), ("CY", 4), ("Former member", 3)].map(|(name, rev)| (name.to_owned(), rev));
    assert_eq!(names().await, expected);
}

mod coming_and_going {
    use super::names_are_told_apart_as_accounts_come_and_go;
    crate::store::on_both_engines!(names_are_told_apart_as_accounts_come_and_go);
}
