//! `/api/rooms/{id}/members`: who may bring in, take out, and give roles.

use crate::harness::{Node, Person, until};
use protocol::{MemberPage, Role, RoomSummary, ServerFrame, SystemEvent};
use serde_json::json;
use uuid::Uuid;

fn path(room: &RoomSummary, person: &Person) -> String {
    format!("/api/rooms/{}/members/{}", room.id, person.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_add_and_remove_and_owners_give_roles() {
    let node = Node::start().await;
    let (ada, bob, cy, dan) = (
        node.register("ada").await,
        node.register("bob").await,
        node.register("cyd").await,
        node.register("dan").await,
    );
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let members = format!("/api/rooms/{}/members", room.id);

    for other in [&cy, &dan] {
        ada.acquaint(&node, other).await;
    }
    bob.acquaint(&node, &cy).await;

    // A member may do neither, a stranger does not even see the room.
    bob.post(&node, &members, json!({"user_id": cy.id})).await.refused(403, "forbidden", "admin");
    bob.delete(&node, &path(&room, &ada)).await.refused(403, "forbidden", "admin");
    bob.patch(&node, &path(&room, &bob), json!({"role": "owner"})).await.refused(403, "forbidden", "owner");
    cy.post(&node, &members, json!({"user_id": cy.id})).await.refused(404, "not_found", "room");
    cy.get(&node, &members).await.refused(404, "not_found", "room");
    cy.delete(&node, &path(&room, &bob)).await.refused(404, "not_found", "room");

    assert_eq!(ada.patch(&node, &path(&room, &bob), json!({"role": "admin"})).await.status, 204);
    assert_eq!(bob.post(&node, &members, json!({"user_id": cy.id})).await.status, 204);
    assert_eq!(bob.post(&node, &members, json!({"user_id": cy.id})).await.status, 204, "once more changes nothing");
    assert_eq!(ada.post(&node, &members, json!({"user_id": dan.id})).await.status, 204);
    let page: MemberPage = serde_json::from_value(dan.get(&node, &members).await.json()).unwrap();
    let roles: Vec<_> = page.members.iter().map(|member| (member.user.username.as_str(), member.role)).collect();
    let expected = [("ada", Role::Owner), ("bob", Role::Admin), ("cyd", Role::Member), ("dan", Role::Member)];
    assert_eq!(roles, expected);

    bob.delete(&node, &path(&room, &ada)).await.refused(403, "forbidden", "admin only members");
    assert_eq!(bob.delete(&node, &path(&room, &cy)).await.status, 204);
    cy.get(&node, &members).await.refused(404, "not_found", "room");
    bob.delete(&node, &path(&room, &cy)).await.refused(404, "not_found", "member");
    bob.patch(&node, &path(&room, &dan), json!({"role": "admin"})).await.refused(403, "forbidden", "owner");
    ada.patch(&node, &path(&room, &cy), json!({"role": "admin"})).await.refused(404, "not_found", "member");
    ada.patch(&node, &path(&room, &dan), json!({"role": "king"})).await.refused(
        400,
        "invalid",
        "role: must be member, admin or owner",
    );
    ada.patch(&node, &path(&room, &ada), json!({"role": "member"})).await.refused(409, "conflict", "owner");
    ada.delete(&node, &path(&room, &ada)).await.refused(409, "conflict", "owner");
    ada.post(&node, &members, json!({"user_id": Uuid::now_v7()})).await.refused(404, "not_found", "user");
    assert_eq!(dan.delete(&node, &path(&room, &dan)).await.status, 204, "a member may leave");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_follow_their_people_in_and_out() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[]).await;
    ada.acquaint(&node, &bob).await;
    let (mut of_bob, _) = bob.connect(&node).await;
    let (mut of_ada, _) = ada.connect(&node).await;
    ada.send_message(&node, &room, "before").await;
    ada.post(&node, &format!("/api/rooms/{}/members", room.id), json!({"user_id": bob.id})).await;
    let shown = of_bob
        .find("room:changed", |frame| match frame {
            ServerFrame::RoomChanged { room } => Some(room),
            ServerFrame::New { message } => panic!("not for Bob: {message:?}"),
            _ => None,
        })
        .await;
    assert_eq!((shown.id, shown.unread), (room.id, 0));
    let added = SystemEvent::Added { user_id: bob.id, display_name: "Bob".into() };
    assert_eq!(of_bob.next_message().await.event, Some(added));
    ada.send_message(&node, &room, "hello Bob").await;
    assert_eq!(of_bob.next_message().await.body, "hello Bob");

    ada.delete(&node, &path(&room, &bob)).await;
    of_bob.loses(room.id).await;
    ada.send_message(&node, &room, "among us").await;
    of_ada.receives("among us").await;
    let general = &bob.rooms(&node).await[0];
    bob.send_message(&node, general, "elsewhere").await;
    assert_eq!(of_bob.next_message().await.body, "elsewhere", "and nothing of the room before it");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_in_pages() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let general = ada.rooms(&node).await.remove(0);
    for name in ["bob", "cyd", "dan"] {
        node.register(name).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    until("the last page", async || {
        let path = format!("/api/rooms/{}/members?limit=2{cursor}", general.id);
        let page: MemberPage = serde_json::from_value(ada.get(&node, &path).await.json()).unwrap();
        seen.extend(page.members.into_iter().map(|member| member.user.username));
        cursor = page.next_cursor.map(|next| format!("&cursor={next}")).unwrap_or_default();
        cursor.is_empty().then_some(())
    })
    .await;
    assert_eq!(seen, ["ada", "bob", "cyd", "dan"]);
    let bad = format!("/api/rooms/{}/members?limit=1000", general.id);
    ada.get(&node, &bad).await.refused(400, "invalid", "limit");
}
