//! `/api/messages/room/{id}`: sending and paging for programs.

use crate::harness::Node;
use protocol::{ClientFrame, ClientId, HistoryPage, Seq, ServerFrame};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_stored_once() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let (mut of_bob, _) = bob.connect(&node).await;
    let id = ClientId(Uuid::now_v7());
    let first = ada.send_as(&node, &room, id, " hello ").await;
    assert_eq!(first.status, 201);
    assert_eq!(first.json()["message"]["body"], "hello", "outer space is dropped");
    assert_eq!(of_bob.next_message().await.client_id, id);

    let repeat = ada.send_as(&node, &room, id, "hello").await;
    assert_eq!((repeat.status, repeat.json()), (200, first.json()));
    ada.send_as(&node, &room, id, "something else").await.refused(409, "conflict", "id");
    let general = bob.rooms(&node).await.into_iter().find(|other| other.id != room.id).unwrap();
    ada.send_as(&node, &general, id, "hello").await.refused(409, "conflict", "id");
    ada.send_message(&node, &room, "next").await;
    assert_eq!(of_bob.next_message().await.body, "next", "a repeat is not told again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_again_after_a_revision_gets_its_first_answer() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let room = ada.create_group(&node, "Tea", &[]).await;
    let (mut of_ada, _) = ada.connect(&node).await;
    let id = ClientId(Uuid::now_v7());
    let first: protocol::Message = ada.send_as(&node, &room, id, "hello").await.get("message");
    let path = format!("/api/messages/room/{}/{}", room.id, first.seq);
    for revise in ["edit", "delete"] {
        let revised = match revise {
            "edit" => ada.patch(&node, &path, json!({"body": "something else"})).await,
            _ => ada.delete(&node, &path).await,
        };
        let revised: protocol::Message = revised.get("message");
        let again = ada.send_as(&node, &room, id, "hello").await;
        assert_eq!((again.status, again.get::<protocol::Message>("message")), (200, revised));
        of_ada.send(&ClientFrame::Send { client_id: id, room_id: room.id, body: "hello".into(), reply_to: None }).await;
        let seq = of_ada.find("the answer", |frame| match frame {
            ServerFrame::Ack { client_id, seq, .. } if client_id == id => Some(seq),
            ServerFrame::Nack { .. } => panic!("{frame:?}"),
            _ => None,
        });
        assert_eq!(seq.await, first.seq);
        ada.send_as(&node, &room, id, "something else").await.refused(409, "conflict", "id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_message_is_named() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[]).await;
    let path = format!("/api/messages/room/{}", room.id);
    let send = async |body: serde_json::Value| ada.post(&node, &path, body).await;
    let id = Uuid::now_v7();
    for body in [" \n ".to_owned(), "x".repeat(8_001), "a\0b".into()] {
        send(json!({"client_id": id, "body": body})).await.refused(400, "invalid", "body");
    }
    send(json!({"client_id": "x", "body": "hi"})).await.refused(400, "invalid", "client_id");
    send(json!({"body": "hi"})).await.refused(400, "invalid", "client_id");
    send(json!({"client_id": id, "body": "hi", "reply_to": 99})).await.refused(400, "invalid", "reply_to");
    bob.send_as(&node, &room, ClientId(id), "hi").await.refused(404, "not_found", "room");
    assert_eq!(send(json!({"client_id": id, "body": "ä".repeat(8_000)})).await.status, 201, "characters, not bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_paged_by_cursor() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[]).await;
    for n in 2..=120 {
        ada.send_message(&node, &room, &n.to_string()).await;
    }
    let path = format!("/api/messages/room/{}", room.id);
    let page = async |query: &str| {
        let answer = ada.get(&node, &format!("{path}?{query}")).await;
        let page: HistoryPage = serde_json::from_value(answer.json()).unwrap();
        let ends = page.messages.first().zip(page.messages.last()).map(|(first, last)| (first.seq.0, last.seq.0));
        (ends, page.next_cursor.map(|Seq(seq)| seq))
    };
    assert_eq!(page("").await, (Some((71, 120)), Some(71)));
    assert_eq!(page("cursor=71").await, (Some((21, 70)), Some(21)));
    assert_eq!(page("cursor=21").await, (Some((1, 20)), None));
    assert_eq!(page("after=100&limit=10").await, (Some((101, 110)), Some(110)));
    assert_eq!(page("after=110&limit=20").await, (Some((111, 120)), None));
    assert_eq!(page("around=50&limit=10").await, (Some((45, 54)), Some(45)));
    assert_eq!(page("cursor=1").await, (None, None));
    ada.get(&node, &format!("{path}?limit=101")).await.refused(400, "invalid", "limit");
    ada.get(&node, &format!("{path}?cursor=x")).await.refused(400, "invalid", "cursor");
    ada.get(&node, &format!("{path}?cursor=1&after=1")).await.refused(400, "invalid", "cursor");
    bob.get(&node, &path).await.refused(404, "not_found", "room");
    let unknown = format!("/api/messages/room/{}", Uuid::now_v7());
    ada.get(&node, &unknown).await.refused(404, "not_found", "room");
}
