//! `/api/me/blocks`: the people that a person blocks, and what a block refuses.

use crate::harness::Node;
use protocol::{ClientFrame, ClientId, ErrorCode, RoomSummary, ServerFrame, UserId};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_person_cannot_write_to_one() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let open = json!({"kind": "direct", "user_id": ada.id});
    let room: RoomSummary = bob.post(&node, "/api/rooms", open).await.get("room");
    bob.send_message(&node, &room, "before").await;
    let block = format!("/api/me/blocks/{}", bob.id);
    assert_eq!(ada.put(&node, &block).await.status, 204);
    assert_eq!(ada.put(&node, &block).await.status, 204, "once more changes nothing");
    assert_eq!(ada.get(&node, "/api/me/blocks").await.get::<Vec<UserId>>("user_ids"), [bob.id]);
    assert!(bob.get(&node, "/api/me/blocks").await.get::<Vec<UserId>>("user_ids").is_empty());

    let id = ClientId(Uuid::now_v7());
    bob.send_as(&node, &room, id, "hello?").await.refused(403, "forbidden", "write to this person");
    let (mut of_bob, _) = bob.connect(&node).await;
    let (room_id, client_id) = (room.id, ClientId(Uuid::now_v7()));
    of_bob.send(&ClientFrame::Send { client_id, room_id, body: "hello?".into(), reply_to: None }).await;
    let nack = of_bob
        .find("message:nack", |frame| match frame {
            ServerFrame::Nack { client_id, code, message, retryable, .. } => {
                Some((client_id, code, message, retryable))
            }
            _ => None,
        })
        .await;
    assert_eq!((nack.0, nack.1, nack.3), (client_id, ErrorCode::Forbidden, false));
    assert!(nack.2.contains("write to this person"), "{}", nack.2);
    ada.send_message(&node, &room, "please stop").await;

    assert_eq!(ada.delete(&node, &block).await.status, 204);
    assert_eq!(ada.delete(&node, &block).await.status, 204);
    bob.send_as(&node, &room, id, "hello?").await.refused(403, "forbidden", "write to this person");
    bob.send_message(&node, &room, "thanks").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_person_opens_no_room_with_one() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    ada.put(&node, &format!("/api/me/blocks/{}", bob.id)).await;
    let open = json!({"kind": "direct", "user_id": ada.id});
    bob.post(&node, "/api/rooms", open).await.refused(403, "forbidden", "write to this person");
    let group = json!({"kind": "group", "name": "Tea", "member_ids": [ada.id]});
    bob.post(&node, "/api/rooms", group).await.refused(403, "forbidden", "");
    assert_eq!(bob.rooms(&node).await.len(), 1, "nothing was made");
    ada.put(&node, &format!("/api/me/blocks/{}", ada.id)).await.refused(400, "invalid", "user");
    ada.put(&node, &format!("/api/me/blocks/{}", Uuid::now_v7())).await.refused(404, "not_found", "user");
    ada.put(&node, "/api/me/blocks/bob").await.refused(404, "not_found", "");
}
