//! `/api/rooms/{id}/bans`: who may ban, and what a banned person still gets.

use crate::harness::Node;
use protocol::{BanPage, PublicRoom, Role, RoomSummary, SystemEvent};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_person_sees_nothing_of_a_public_room() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room: RoomSummary = ada.post(&node, "/api/rooms", json!({"kind": "public", "name": "Birds"})).await.get("room");
    let path = format!("/api/rooms/{}", room.id);
    bob.post(&node, &format!("{path}/join"), json!({})).await.get::<RoomSummary>("room");
    let (mut of_bob, _) = bob.connect(&node).await;
    let (mut of_ada, _) = ada.connect(&node).await;

    let bans = format!("{path}/bans");
    assert_eq!(ada.post(&node, &bans, json!({"user_id": bob.id})).await.status, 204);
    of_bob.loses(room.id).await;
    let banned = SystemEvent::Banned { user_id: bob.id, display_name: "Bob".into() };
    assert_eq!(of_ada.next_message().await.event, Some(banned));
    for path in [path.clone(), format!("{path}/members"), format!("/api/messages/room/{}", room.id), bans.clone()] {
        bob.get(&node, &path).await.refused(404, "not_found", "room");
    }
    bob.post(&node, &format!("{path}/join"), json!({})).await.refused(404, "not_found", "room");
    bob.send_as(&node, &room, protocol::ClientId(Uuid::now_v7()), "hi").await.refused(404, "not_found", "room");
    assert!(bob.get(&node, "/api/rooms/public").await.get::<Vec<PublicRoom>>("rooms").is_empty());
    ada.post(&node, &format!("{path}/members"), json!({"user_id": bob.id})).await.refused(409, "conflict", "banned");

    let page: BanPage = serde_json::from_value(ada.get(&node, &bans).await.json()).unwrap();
    let listed: Vec<_> = page.bans.iter().map(|ban| (ban.user.username.as_str(), ban.banned_by)).collect();
    assert_eq!((listed, page.next_cursor), (vec![("bob", ada.id)], None));
    let lift = format!("{bans}/{}", bob.id);
    assert_eq!(ada.delete(&node, &lift).await.status, 204);
    ada.delete(&node, &lift).await.refused(404, "not_found", "ban");
    let joined: RoomSummary = bob.post(&node, &format!("{path}/join"), json!({})).await.get("room");
    assert_eq!(joined.role, Some(Role::Member));
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_ban_members_and_owners_anybody_else() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    let general = ada.rooms(&node).await.remove(0);
    let bans = format!("/api/rooms/{}/bans", general.id);
    let ban = async |by: &crate::harness::Person, user| by.post(&node, &bans, json!({"user_id": user})).await;
    ban(&bob, cy.id).await.refused(403, "forbidden", "admin");
    bob.get(&node, &bans).await.refused(403, "forbidden", "admin");
    bob.delete(&node, &format!("{bans}/{}", cy.id)).await.refused(403, "forbidden", "admin");
    let role = format!("/api/rooms/{}/members/{}", general.id, bob.id);
    assert_eq!(ada.patch(&node, &role, json!({"role": "admin"})).await.status, 204);
    ban(&bob, ada.id).await.refused(403, "forbidden", "admin only members");
    assert_eq!(ban(&bob, cy.id).await.status, 204);
    assert_eq!(ban(&bob, cy.id).await.status, 204, "once more changes nothing");
    ban(&ada, ada.id).await.refused(409, "conflict", "yourself");
    ban(&ada, protocol::UserId(Uuid::now_v7())).await.refused(404, "not_found", "user");
    assert_eq!(ban(&ada, bob.id).await.status, 204);
    let page: BanPage = serde_json::from_value(ada.get(&node, &format!("{bans}?limit=1")).await.json()).unwrap();
    assert_eq!((page.bans.len(), page.next_cursor), (1, Some(page.bans[0].user.id)));
    ada.post(&node, &bans, json!({"user": 1})).await.refused(400, "invalid", "user_id");
}
