//! A database or a Redis that is away, at the start or in the middle: said clearly, nothing half stored, and over when it is over.

use crate::harness::{Node, Options, Proxy, fresh_postgres, plain_client, redis_url, until};
use protocol::{ClientFrame, ClientId, ErrorCode, Seq, ServerFrame};
use std::time::Duration;
use tokio::net::TcpListener;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let url = fresh_postgres().await;
    let proxy = Proxy::start(&url, false).await;
    let private = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let options = Options::cluster(&proxy.url(&url), &redis_url()).set("METRICS_ADDR", &private);
    let node = Node::start_unready(options).await;
    node.reports("unavailable", "down", "up").await;
    assert!(node.get("/readyz").await.json().get("reasons").is_none(), "they may name hosts and users");
    until("the reason, for operators", async || {
        let read = plain_client().get(format!("http://{private}/readyz")).send().await.ok()?;
        assert_eq!(read.status().as_u16(), 503);
        let told = read.text().await.unwrap();
        (told.contains("database") && told.contains("does not answer")).then_some(())
    })
    .await;
    assert_eq!(node.get("/healthz").await.status, 200);
    let refused = node.get("/api/rooms").await;
    refused.refused(502, "unavailable", "starting");
    assert!(!refused.header("retry-after").is_empty());
    proxy.restore();
    node.ready().await;
    node.register("ada").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_refuses_for_a_while_and_loses_nothing() {
    let (proxy, options) = Options::behind_a_database().await;
    let node = Node::start_with(options).await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    let room = &rooms[0];
    proxy.cut();
    let id = socket.send_message(room.id, "stored or not").await;
    assert_eq!(socket.refusal().await, (id, ErrorCode::Unavailable, true));
    node.reports("ready", "down", "up").await;
    ada.get(&node, "/api/rooms").await.refused(503, "unavailable", "moment");
    proxy.restore();
    node.ready().await;
    // The same connection, the same message: stored now, once.
    socket
        .send(&ClientFrame::Send { client_id: id, room_id: room.id, body: "stored or not".into(), reply_to: None })
        .await;
    let message = socket.next_message().await;
    assert_eq!((message.client_id, message.seq), (id, room.last_seq.next()));
    assert_eq!(ada.rooms(&node).await[0].last_seq, room.last_seq.next());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_at_the_start_does_not_keep_people_from_talking() {
    let proxy = Proxy::start(&redis_url(), false).await;
    let options = Options::cluster(&fresh_postgres().await, &proxy.url(&redis_url()));
    let node = Node::start_unready(options).await;
    node.reports("ready", "up", "down").await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    socket.send_message(rooms[0].id, "hello").await;
    assert_eq!(socket.next_message().await.body, "hello");
    proxy.restore();
    node.ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_redis_did_not_carry_is_made_good_when_it_returns() {
    let (url, proxy) = (fresh_postgres().await, Proxy::start(&redis_url(), true).await);
    let here = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let there = Node::start_with(Options::cluster(&url, &proxy.url(&redis_url()))).await;
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let general = ada.rooms(&here).await.remove(0);
    let group = ada.create_group(&here, "Tea", &[&bob]).await;
    let phone = bob.sign_in_again(&here).await;
    let (mut of_bob, _) = bob.connect(&there).await;
    let (mut of_phone, _) = phone.connect(&there).await;

    proxy.cut();
    there.reports("ready", "up", "down").await;
    let id = ClientId(Uuid::now_v7());
    assert_eq!(ada.send_as(&here, &general, id, "said meanwhile").await.status, 201, "sending does not wait for Redis");
    // Neither of these reaches the other node now.
    ada.delete(&here, &format!("/api/rooms/{}/members/{}", group.id, bob.id)).await;
    phone.post(&here, "/api/auth/logout", serde_json::json!({})).await;

    proxy.restore();
    // In either order: heads are also compared without Redis.
    let (mut is_gone, mut missed) = (false, Vec::new());
    let both = of_bob.find("what was missed", |frame| {
        match frame {
            ServerFrame::RoomGone { room_id } => is_gone |= room_id == group.id,
            ServerFrame::Offline { room_id, rows, .. } if room_id == general.id => missed = rows,
            _ => {}
        }
        (is_gone && !missed.is_empty()).then_some(())
    });
    both.await;
    assert_eq!(missed.iter().map(|row| (row.client_id, row.seq)).collect::<Vec<_>>(), [(id, Seq(3))]);
    assert_eq!(of_phone.closed().await, Some(protocol::CloseCode::SessionRevoked.code()));
    phone.get(&there, "/api/me").await.refused(401, "unauthenticated", "ended");
    until("a message that came by the bus", async || {
        ada.send_message(&here, &general, "and live again").await;
        of_bob.receives_live().await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_while_redis_is_away_is_closed_on_the_other_node() {
    let (url, proxy) = (fresh_postgres().await, Proxy::start(&redis_url(), true).await);
    let here = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let there = Node::start_with(Options::cluster(&url, &proxy.url(&redis_url()))).await;
    let phone = here.register("ada").await.sign_in_again(&here).await;
    let (mut of_phone, _) = phone.connect(&there).await;
    proxy.cut();
    there.reports("ready", "up", "down").await;
    // This node's people go on, and the other one is told nothing.
    phone.post(&here, "/api/auth/logout", serde_json::json!({})).await;
    let closed = tokio::time::timeout(Duration::from_secs(20), of_phone.closed());
    assert_eq!(closed.await, Ok(Some(protocol::CloseCode::SessionRevoked.code())), "5 seconds and a query");
}
