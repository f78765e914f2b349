//! A database or a Redis that is slow or silent rather than away: nobody waits without an end, nothing is lost or doubled,
//! and it is over when it is over.

use crate::harness::{Node, Options, Person, Proxy, Ws, fresh_postgres, redis_url, until};
use futures_util::future::join_all;
use protocol::{ClientFrame, ClientId, ErrorCode, RoomId, RoomSummary, ServerFrame};
use serde_json::Value;
use sqlx::Connection;
use std::time::Duration;
use tokio::time::timeout;

/// Much less than anything here that is waited for while a service is silent.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A node behind a proxy of its database, and somebody who is connected to it.
async fn behind_a_database() -> (Proxy, Node, Person, Ws, RoomSummary) {
    let (proxy, options) = Options::behind_a_database().await;
    let node = Node::start_with(options.set("DATABASE_POOL", "3")).await;
    let ada = node.register("ada").await;
    let (socket, mut rooms) = ada.connect(&node).await;
    let room = rooms.remove(0);
    (proxy, node, ada, socket, room)
}

/// More requests at once than there are connections, and all are answered.
async fn all_are_answered(node: &Node, who: &Person) {
    for answer in join_all((0..12).map(|_| who.get(node, "/api/rooms"))).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// Bodies of what people said in a room, as the database has it.
async fn said(node: &Node, who: &Person, room: RoomId) -> Vec<String> {
    let page = who.get(node, &format!("/api/messages/room/{room}")).await.json();
    let texts = page["messages"].as_array().unwrap().iter().filter(|message| message["kind"] == "text");
    texts.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
}

async fn repeat(socket: &mut Ws, client_id: ClientId, room_id: RoomId, body: &str) {
    socket.send(&ClientFrame::Send { client_id, room_id, body: body.into(), reply_to: None }).await;
    socket
        .find("an answer", |frame| match frame {
            ServerFrame::Ack { client_id: id, .. } => (id == client_id).then_some(()),
            ServerFrame::Nack { message, .. } => panic!("{message}"),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_says_nothing_is_not_waited_for_without_an_end() {
    let (proxy, node, ada, mut socket, room) = behind_a_database().await;
    socket.send_message(room.id, "before").await;
    socket.receives("before").await;
    proxy.stall();
    // On a connection that was good a moment ago: what is said passes when the network does again.
    let id = socket.send_message(room.id, "stored or not").await;
    // More than there are connections.
    let asked = join_all((0..12).map(|_| ada.get(&node, "/api/rooms")));
    for answer in asked.await {
        answer.refused(503, "unavailable", "moment");
    }
    assert_eq!(socket.refusal().await, (id, ErrorCode::Unavailable, true));
    node.reports("ready", "down", "up").await;
    proxy.restore();
    node.ready().await;
    repeat(&mut socket, id, room.id, "stored or not").await;
    all_are_answered(&node, &ada).await;
    assert_eq!(said(&node, &ada, room.id).await, ["before", "stored or not"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_in_silence_are_replaced() {
    let (proxy, node, ada, mut socket, room) = behind_a_database().await;
    socket.send_message(room.id, "before").await;
    socket.receives("before").await;
    proxy.strand();
    let id = socket.send_message(room.id, "after").await;
    let answered = socket.find("an answer", |frame| match frame {
        ServerFrame::Ack { client_id, .. } | ServerFrame::Nack { client_id, .. } => (client_id == id).then_some(()),
        _ => None,
    });
    answered.await;
    repeat(&mut socket, id, room.id, "after").await;
    until("requests to be answered", async || ada.get(&node, "/api/rooms").await.ok()).await;
    all_are_answered(&node, &ada).await;
    assert_eq!(said(&node, &ada, room.id).await, ["before", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_is_slow_and_nothing_else() {
    let (proxy, node, ada, mut socket, room) = behind_a_database().await;
    proxy.slow(Duration::from_millis(100));
    for number in 0..50 {
        socket.send_message(room.id, &number.to_string()).await;
    }
    let expected: Vec<_> = (0..50).map(|number: i32| number.to_string()).collect();
    for body in &expected {
        assert_eq!(socket.next_message().await.body, *body);
    }
    proxy.restore();
    assert_eq!(said(&node, &ada, room.id).await, expected);
}

/// Two nodes, of which the first is behind a proxy of its Redis; somebody on each, and the room that they share.
async fn behind_a_redis() -> (Proxy, Node, Node, (Person, Ws), (Person, Ws), RoomSummary) {
    let (url, proxy) = (fresh_postgres().await, Proxy::start(&redis_url(), true).await);
    let here = Node::start_with(Options::cluster(&url, &proxy.url(&redis_url()))).await;
    let there = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let (of_ada, mut rooms) = ada.connect(&here).await;
    let (of_bob, _) = bob.connect(&there).await;
    (proxy, here, there, (ada, of_ada), (bob, of_bob), rooms.remove(0))
}

/// All that reaches a connection, up to the message with this text.
async fn all_until(socket: &mut Ws, last: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    socket
        .find(last, |frame| {
            match frame {
                ServerFrame::New { message } => bodies.push(message.body),
                ServerFrame::Offline { rows, .. } => bodies.extend(rows.into_iter().map(|row| row.body)),
                _ => {}
            }
            bodies.last().is_some_and(|body| body == last).then_some(())
        })
        .await;
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_says_nothing_holds_up_nobody_on_the_own_node() {
    let (proxy, here, _there, (ada, mut of_ada), (_bob, mut of_bob), room) = behind_a_redis().await;
    let phone = ada.sign_in_again(&here).await;
    let (mut of_phone, _) = phone.connect(&here).await;
    proxy.stall();
    for number in 0..10 {
        let body = format!("meanwhile {number}");
        of_ada.send_message(room.id, &body).await;
        timeout(AT_ONCE, of_phone.receives(&body)).await.expect("it does not wait for Redis");
    }
    // Who comes, enters a room and signs in waits for Redis for a while, and no longer.
    let (mut late, _) = here.register("cyd").await.connect(&here).await;
    ada.create_group(&here, "Tea", &[]).await;
    of_ada.send_message(room.id, "to all").await;
    late.receives("to all").await;
    // The other node compares heads.
    let mut heard = all_until(&mut of_bob, "to all").await;
    proxy.restore();
    here.ready().await;
    of_ada.send_message(room.id, "live again").await;
    heard.extend(all_until(&mut of_bob, "live again").await);
    heard.retain(|body| !body.is_empty());
    let mut expected: Vec<_> = (0..10).map(|number| format!("meanwhile {number}")).collect();
    expected.extend(["to all".to_owned(), "live again".to_owned()]);
    assert_eq!(heard, expected, "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hears_nothing_of_a_redis_any_more_connects_again() {
    let (proxy, here, there, (ada, mut of_ada), (bob, _), room) = behind_a_redis().await;
    proxy.strand();
    // Only by the bus it is heard as it is told; what is read from the database comes as a batch.
    let mut said = Vec::new();
    until("a message that came by the bus", async || {
        said.push(format!("live again {}", said.len()));
        bob.send_message(&there, &room, said.last().unwrap()).await;
        of_ada.receives_live().await.then_some(())
    })
    .await;
    let page: Value = ada.get(&here, &format!("/api/messages/room/{}?limit=100", room.id)).await.json();
    let stored = page["messages"].as_array().unwrap().iter().filter_map(|message| message["body"].as_str());
    let mut stored: Vec<_> = stored.filter(|body| body.starts_with("live again")).map(ToOwned::to_owned).collect();
    let newest = said.split_off(said.len().saturating_sub(stored.len()));
    stored.sort_by_key(|body| newest.iter().position(|known| known == body));
    assert_eq!(stored, newest, "each once");
    here.ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_room_waits_and_the_others_do_not() {
    let url = fresh_postgres().await;
    let node = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let ada = node.register("ada").await;
    let (locked, free) = (ada.create_group(&node, "Tea", &[]).await, ada.create_group(&node, "Cake", &[]).await);
    let (mut socket, _) = ada.connect(&node).await;
    let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut holds = other.begin().await.unwrap();
    sqlx::query("select 1 from rooms where id = $1 for update").bind(locked.id.0).execute(&mut *holds).await.unwrap();
    for round in 0..5 {
        socket.send_message(locked.id, &format!("waits {round}")).await;
        socket.send_message(free.id, &format!("free {round}")).await;
    }
    let mut told = Vec::new();
    while told.len() < 5 {
        told.push(socket.next_message().await.body);
    }
    assert_eq!(told, ["free 0", "free 1", "free 2", "free 3", "free 4"]);
    holds.rollback().await.unwrap();
    told.clear();
    while told.len() < 5 {
        told.push(socket.next_message().await.body);
    }
    assert_eq!(told, ["waits 0", "waits 1", "waits 2", "waits 3", "waits 4"]);
}
