//! `PATCH /api/rooms/{id}`: topic, archive and who writes; and who makes public rooms.

use crate::harness::Node;
use protocol::{ClientId, Posting, RoomSummary, SystemEvent};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_described_archived_and_restored() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let (mut of_bob, _) = bob.connect(&node).await;
    let path = format!("/api/rooms/{}", room.id);
    let change = async |form: Value| ada.patch(&node, &path, form).await;
    let seen: RoomSummary = change(json!({"topic": " Leaves \u{ff21} ", "name": "Tea time"})).await.get("room");
    assert_eq!((seen.topic.as_deref(), seen.name.as_str()), (Some("Leaves A"), "Tea time"));
    assert_eq!(of_bob.next_message().await.event, Some(SystemEvent::Renamed { name: "Tea time".into() }));
    assert_eq!(of_bob.next_message().await.event, Some(SystemEvent::TopicChanged { topic: "Leaves A".into() }));
    change(json!({"topic": "x".repeat(251)})).await.refused(400, "invalid", "topic");
    change(json!({"topic": "a\u{200b}b"})).await.refused(400, "invalid", "U+200B");
    change(json!({"posting": "kings"})).await.refused(400, "invalid", "posting");
    change(json!({})).await.refused(400, "invalid", "at least one");
    bob.patch(&node, &path, json!({"topic": "Mine"})).await.refused(403, "forbidden", "what it is about");
    bob.patch(&node, &path, json!({"archived": true})).await.refused(403, "forbidden", "owner");
    bob.patch(&node, &path, json!({"posting": "admins"})).await.refused(403, "forbidden", "owner");

    let message = bob.send_message(&node, &room, "one").await;
    of_bob.receives("one").await;
    let seen: RoomSummary = change(json!({"archived": true, "topic": ""})).await.get("room");
    assert!(seen.archived_at.is_some() && seen.topic.is_none());
    assert_eq!(of_bob.next_message().await.event, Some(SystemEvent::TopicChanged { topic: String::new() }));
    assert_eq!(of_bob.next_message().await.event, Some(SystemEvent::Archived));
    bob.send_as(&node, &room, ClientId(Uuid::now_v7()), "two").await.refused(403, "forbidden", "archived");
    let edit = format!("/api/messages/room/{}/{}", room.id, message.seq);
    bob.patch(&node, &edit, json!({"body": "uno"})).await.refused(403, "forbidden", "archived");
    assert_eq!(change(json!({"archived": false})).await.get::<RoomSummary>("room").archived_at, None);
    assert_eq!(of_bob.next_message().await.event, Some(SystemEvent::Restored));
    bob.send_message(&node, &room, "two").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_write_in_a_room_for_announcements() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let general = ada.rooms(&node).await.remove(0);
    let path = format!("/api/rooms/{}", general.id);
    let seen: RoomSummary = ada.patch(&node, &path, json!({"posting": "admins"})).await.get("room");
    assert_eq!(seen.posting, Posting::Admins);
    bob.send_as(&node, &general, ClientId(Uuid::now_v7()), "hi").await.refused(403, "forbidden", "admins and owners");
    ada.send_message(&node, &general, "news").await;
    assert_eq!(bob.rooms(&node).await[0].posting, Posting::Admins);
    ada.patch(&node, &path, json!({"posting": "everybody"})).await.get::<RoomSummary>("room");
    bob.send_message(&node, &general, "hi").await;
}
