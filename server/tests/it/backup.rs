//! Backups: written beside a running server, verified, and restored into either engine.

mod damage;
mod database;
mod killed;
mod program;
mod schema;

use crate::harness::Node;
use database::{Database, Kind};
use protocol::{ClientId, UnixMillis};
use store::backup::{self, Error, Manifest, Progress};
use uuid::Uuid;

/// All tables filled, backed up, restored into an empty database of the other or the same engine, and compared.
async fn round_trip(from: Kind, to: Kind) {
    let (source, target) = (Database::filled(from).await, Database::new(to).await);
    let before = source.summary().await;
    for table in &before.tables {
        assert!(table.rows >= 1, "{} is not filled: let `Database::filled` do it", table.name);
    }
    let file = source.backup().await;
    let verified = backup::verify(&file, &Progress::default()).await.unwrap();
    assert_eq!((&verified.tables, verified.epoch), (&before.tables, before.epoch));
    assert_eq!(source.summary().await.tables, before.tables, "a backup changes nothing");

    let epoch = target.restore(&file, false).await.unwrap();
    let after = target.summary().await;
    assert_eq!((after.epoch, epoch != before.epoch), (epoch, true), "a new epoch");
    assert_eq!(without_meta(&after), without_meta(&before));
    assert_eq!(after.schema, before.schema);

    // What it has can be used: triggers, counters and constraints are there.
    let store = target.open();
    store.migrate().await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), epoch);
    let (room, ada) = source.room();
    let head = store.list_heads(&[room]).await.unwrap()[0];
    let sent = crate::store::entry(room, ada, "after it");
    let stored = store.append(std::slice::from_ref(&sent)).await.unwrap().remove(0);
    assert_eq!(stored.stored().unwrap().seq.0, head.1.0 + 1);
    let version = store.list_members_versions(&[ada]).await.unwrap()[0].1;
    let other = store::NewRoom {
        id: protocol::RoomId(Uuid::now_v7()),
        kind: protocol::RoomKind::Group,
        name: Some("Later".into()),
        creator: ada,
        members: Vec::new(),
    };
    store.create_room(other, crate::store::stamp()).await.unwrap();
    assert!(store.list_members_versions(&[ada]).await.unwrap()[0].1 > version, "the triggers are back");
}

/// Sums of all tables but that with the epoch.
fn without_meta(manifest: &Manifest) -> Vec<&backup::TableSum> {
    manifest.tables.iter().filter(|table| table.name != "meta").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_into_sqlite() {
    round_trip(Kind::Sqlite, Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_into_postgres() {
    round_trip(Kind::Sqlite, Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_into_sqlite() {
    round_trip(Kind::Postgres, Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_into_postgres() {
    round_trip(Kind::Postgres, Kind::Postgres).await;
}

/// Backups while messages are stored: each has a prefix of what was acknowledged, and everything from before it began.
async fn beside_a_server(kind: Kind) {
    let database = Database::new(kind).await;
    let node = Node::start_with(database.options()).await;
    let ada = node.register("ada").await;
    let room = ada.create_group(&node, "Tea", &[]).await;
    // Those of the first room, and the one that says that this room was made.
    let others = messages_of(&database.summary().await) - database.head(room.id).await;
    for round in 0..3 {
        let before = ada.send_message(&node, &room, "before it").await.seq.0;
        let sending = async {
            let mut last = before;
            for _ in 0..20 {
                last = ada
                    .send_as(&node, &room, ClientId(Uuid::now_v7()), "meanwhile")
                    .await
                    .get::<protocol::Message>("message")
                    .seq
                    .0;
            }
            last
        };
        let (file, last) = tokio::join!(database.backup(), sending);
        let manifest = backup::verify(&file, &Progress::default()).await.unwrap();
        let head = messages_of(&manifest) - others;
        assert!((before..=last).contains(&head), "{round}: {before} {head} {last}");
        let copy = Database::new(kind).await;
        copy.restore(&file, false).await.unwrap();
        assert_eq!(copy.head(room.id).await, head);
    }
    let error = database.restore(&database.backup().await, true).await.unwrap_err();
    assert!(matches!(error, Error::InUse(_)) && error.to_string().contains("Stop"), "{error}");
    ada.send_message(&node, &room, "the server goes on").await;
    node.stop().await;
    // Nothing has the database open any more.
    let file = database.backup().await;
    database.restore(&file, true).await.unwrap();
}

fn messages_of(manifest: &Manifest) -> i64 {
    let messages = manifest.tables.iter().find(|table| table.name == "messages").unwrap();
    i64::try_from(messages.rows).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_server_on_sqlite() {
    beside_a_server(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_server_on_postgres() {
    beside_a_server(Kind::Postgres).await;
}

/// A database with rows is only replaced where that is asked for, and then wholly.
async fn not_empty(kind: Kind) {
    let (source, target) = (Database::filled(kind).await, Database::filled(kind).await);
    let file = source.backup().await;
    let before = target.summary().await;
    let error = target.restore(&file, false).await.unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }) && error.to_string().contains("--replace"), "{error}");
    assert_eq!(target.summary().await, before, "nothing was changed");
    target.restore(&file, true).await.unwrap();
    assert_eq!(without_meta(&target.summary().await), without_meta(&source.summary().await));
    // A database that was migrated and never used is empty.
    let fresh = Database::new(kind).await;
    fresh.open().migrate().await.unwrap();
    fresh.restore(&file, false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_sqlite_is_filled_without_being_asked() {
    not_empty(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_postgres_is_filled_without_being_asked() {
    not_empty(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_another_program_is_not_overwritten() {
    let (source, target) = (Database::filled(Kind::Sqlite).await, Database::new(Kind::Sqlite).await);
    let pool = sqlx::SqlitePool::connect(&format!("{}?mode=rwc", target.url)).await.unwrap();
    sqlx::query("create table birds (name text)").execute(&pool).await.unwrap();
    pool.close().await;
    let file = source.backup().await;
    let error = target.restore(&file, false).await.unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
    target.restore(&file, true).await.unwrap();
}

/// Of restores at the same moment one is refused with a sentence.
async fn two_at_once(kind: Kind) {
    let (source, target) = (Database::filled(kind).await, Database::new(kind).await);
    let file = source.backup().await;
    let (one, two) = tokio::join!(target.restore(&file, true), target.restore(&file, true));
    let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::InUse(_)) && error.to_string().contains("at this moment"), "{error}");
    assert_eq!(target.summary().await.epoch, done.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_restores_at_once_on_sqlite() {
    two_at_once(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_restores_at_once_on_postgres() {
    two_at_once(Kind::Postgres).await;
}

fn now() -> UnixMillis {
    UnixMillis(1_767_225_600_000)
}
