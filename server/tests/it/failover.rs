//! A database that lost commits under nodes that run: each node notices within one check of heads, one epoch begins, and
//! devices start over in it.

mod replica;

use crate::harness::{CONDITION_TIMEOUT, Node, Options, Person, Ws, fresh_postgres, redis_url, until};
use protocol::{CloseCode, PROTOCOL_VERSION, RoomId, Seq, ServerFrame};
use replica::Pair;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

/// The epoch that a new connection is told.
async fn epoch(node: &Node, who: &Person) -> Uuid {
    epoch_of(node, who, None).await
}

/// The epoch that a new connection is told whose device holds another one.
async fn epoch_of(node: &Node, who: &Person, held: Option<Uuid>) -> Uuid {
    let mut socket = Ws::open(node, &who.token).await;
    let hello = json!({"type": "hello", "data": {"protocol": PROTOCOL_VERSION, "epoch": held, "cursors": []}});
    socket.send_text(&hello.to_string()).await;
    socket
        .find("welcome", |frame| match frame {
            ServerFrame::Welcome { epoch, .. } => Some(epoch),
            _ => None,
        })
        .await
}

/// Takes the last message of a room away, as if it had never been committed.
async fn lose_last(url: &str, room: RoomId) {
    let mut database = PgConnection::connect(url).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    for statement in [
        "delete from messages where room_id = $1 and seq = (select last_seq from rooms where id = $1)",
        "update rooms set last_seq = last_seq - 1 where id = $1",
    ] {
        sqlx::query(statement).bind(room.0).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_that_went_back_begin_one_new_epoch_on_all_nodes() {
    let url = fresh_postgres().await;
    let options = Options::cluster(&url, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let (mut of_ada, rooms) = ada.connect(&here).await;
    let (mut of_bob, _) = bob.connect(&there).await;
    let before = epoch(&here, &ada).await;
    of_ada.send_message(rooms[0].id, "lost").await;
    of_bob.receives("lost").await;

    lose_last(&url, rooms[0].id).await;
    assert_eq!(of_ada.closed().await, Some(CloseCode::GoingAway.code()));
    assert_eq!(of_bob.closed().await, Some(CloseCode::GoingAway.code()));
    let (mut of_bob, _) = bob.connect(&there).await;
    ada.send_message(&here, &rooms[0], "the same number again").await;
    of_bob.receives("the same number again").await;
    let epochs = (epoch(&here, &ada).await, epoch(&there, &bob).await);
    assert!(epochs.0 != before && epochs.0 == epochs.1, "{before}, then {epochs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_a_later_epoch_is_not_sent_back_to_an_earlier_one() {
    let url = fresh_postgres().await;
    let node = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let ada = node.register("ada").await;
    let before = epoch(&node, &ada).await;
    // Another node notices first, and the device comes from there.
    let later = Uuid::from_u128(before.as_u128() + 1);
    let mut database = PgConnection::connect(&url).await.unwrap();
    sqlx::query("update meta set epoch = $1").bind(later).execute(&mut database).await.unwrap();
    assert_eq!(epoch_of(&node, &ada, Some(later)).await, later);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_promoted_begins_a_new_epoch() {
    let mut pair = Pair::start().await;
    let node = Node::start_with(Options::cluster(&pair.url, &redis_url())).await;
    let ada = node.register("ada").await;
    let bob = node.register("bob").await;
    let room = ada.create_group(&node, "Tea", &[]).await;
    ada.send_message(&node, &room, "on both").await;
    let before = epoch(&node, &ada).await;
    let mut database = PgConnection::connect(&pair.url).await.unwrap();
    until("the node to know the server", async || {
        let known = "select 1 from meta where history is not null";
        sqlx::query(known).fetch_optional(&mut database).await.unwrap().map(drop)
    })
    .await;
    pair.copy();
    ada.send_message(&node, &room, "on the first one only").await;

    // Nobody is connected in that room: no other one shows that anything is missing.
    let (mut of_bob, _) = bob.connect(&node).await;
    pair.fail_over();
    assert_eq!(of_bob.closed().await, Some(CloseCode::GoingAway.code()));
    let after = epoch(&node, &ada).await;
    assert_ne!(after, before);
    let (mut socket, _) = ada.connect(&node).await;
    let last = ada.send_message(&node, &room, "after it").await;
    socket.receives("after it").await;
    assert_eq!(last.seq, Seq(3), "the number of the one that was lost");
    let page = ada.get(&node, &format!("/api/messages/room/{}", room.id)).await.text;
    assert!(page.contains("on both") && !page.contains("on the first one only"), "{page}");
    assert_eq!(epoch(&node, &ada).await, after, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_file_is_replaced_ends_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start_with(Options::default().set("DATA_DIR", folder.path().display().to_string())).await;
    let file = folder.path().join("jackdaw.db");
    std::fs::copy(&file, folder.path().join("backup")).unwrap();
    std::fs::rename(folder.path().join("backup"), &file).unwrap();
    let error = tokio::time::timeout(CONDITION_TIMEOUT, node.ended()).await.expect("the node ends").to_string();
    assert!(error.contains("jackdaw.db") && error.contains("replaced"), "{error}");
}
