//! `/api/rooms`: what people see, make, rename, join and delete, and what they are told over their sockets.

use crate::harness::Node;
use protocol::{PublicRoom, Role, RoomKind, RoomSummary, ServerFrame, SystemEvent};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_starts_in_general() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    assert_eq!((rooms.len(), rooms[0].name.as_str(), rooms[0].role), (1, "General", Some(Role::Owner)));
    let bob = node.register("bob").await;
    let joined = socket.next_message().await;
    assert_eq!((joined.sender_id, joined.event), (bob.id, Some(SystemEvent::Joined)));
    assert_eq!(ada.rooms(&node).await[0].unread, 0, "what a room tells is not unread");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_share_one_direct_room() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let (mut socket, _) = bob.connect(&node).await;
    let answer = ada.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": bob.id})).await;
    assert_eq!(answer.status, 201);
    let room: RoomSummary = answer.get("room");
    assert_eq!((room.kind, room.name.as_str(), room.members_count), (RoomKind::Direct, "Bob", 2));
    let shown = socket.next_room().await;
    assert_eq!((shown.id, shown.name.as_str()), (room.id, "Ada"));

    let again = bob.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": ada.id})).await;
    assert_eq!((again.status, again.get::<RoomSummary>("room").id), (200, room.id));

    let direct =
        async |id: serde_json::Value| ada.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": id})).await;
    direct(json!(ada.id)).await.refused(400, "invalid", "user_id");
    direct(json!(Uuid::now_v7())).await.refused(404, "not_found", "user");
    direct(json!("bob")).await.refused(400, "invalid", "");
    let path = format!("/api/rooms/{}", room.id);
    ada.patch(&node, &path, json!({"name": "Us"})).await.refused(403, "forbidden", "direct");
    ada.delete(&node, &path).await.refused(403, "forbidden", "direct");
    ada.delete(&node, &format!("{path}/members/{}", ada.id)).await.refused(403, "forbidden", "direct");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_made_renamed_and_deleted() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    ada.acquaint(&node, &bob).await;
    let (mut socket, _) = bob.connect(&node).await;
    let room = ada.create_group(&node, " Tea ", &[&bob, &bob, &ada]).await;
    assert_eq!((room.name.as_str(), room.members_count, room.role), ("Tea", 2, Some(Role::Owner)));
    socket.next_room().await;

    let path = format!("/api/rooms/{}", room.id);
    cy.get(&node, &path).await.refused(404, "not_found", "room");
    cy.patch(&node, &path, json!({"name": "Mine"})).await.refused(404, "not_found", "room");
    cy.delete(&node, &path).await.refused(404, "not_found", "room");
    cy.post(&node, &format!("{path}/join"), json!({})).await.refused(404, "not_found", "room");
    bob.patch(&node, &path, json!({"name": "Mine"})).await.refused(403, "forbidden", "admin");
    bob.delete(&node, &path).await.refused(403, "forbidden", "owner");
    ada.patch(&node, &path, json!({"name": " \n"})).await.refused(400, "invalid", "name");

    let renamed: RoomSummary = ada.patch(&node, &path, json!({"name": "Coffee"})).await.get("room");
    assert_eq!(renamed.name, "Coffee");
    assert_eq!(socket.next_message().await.event, Some(SystemEvent::Renamed { name: "Coffee".into() }));
    assert_eq!(bob.get(&node, &path).await.get::<RoomSummary>("room").name, "Coffee");

    assert_eq!(ada.delete(&node, &path).await.status, 204);
    let gone = socket
        .find("room:gone", |frame| match frame {
            ServerFrame::RoomGone { room_id } => Some(room_id),
            _ => None,
        })
        .await;
    assert_eq!(gone, room.id);
    ada.get(&node, &path).await.refused(404, "not_found", "room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_room_is_seen_and_joined_by_anybody() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room: RoomSummary = ada.post(&node, "/api/rooms", json!({"kind": "public", "name": "Birds"})).await.get("room");
    let listed: Vec<PublicRoom> = bob.get(&node, "/api/rooms/public").await.get("rooms");
    assert_eq!(listed.iter().map(|room| room.name.as_str()).collect::<Vec<_>>(), ["Birds"]);

    let path = format!("/api/rooms/{}", room.id);
    let seen: RoomSummary = bob.get(&node, &path).await.get("room");
    assert_eq!(seen.role, None);
    bob.send_as(&node, &room, protocol::ClientId(Uuid::now_v7()), "hi").await.refused(404, "not_found", "room");
    let (mut of_bob, _) = bob.connect(&node).await;
    let (mut of_ada, _) = ada.connect(&node).await;
    let joined: RoomSummary = bob.post(&node, &format!("{path}/join"), json!({})).await.get("room");
    assert_eq!((joined.role, joined.members_count), (Some(Role::Member), 2));
    assert_eq!(of_ada.next_message().await.event, Some(SystemEvent::Joined));
    let again = bob.post(&node, &format!("{path}/join"), json!({})).await;
    assert_eq!(again.get::<RoomSummary>("room").last_seq, joined.last_seq, "once is enough");
    ada.send_message(&node, &room, "welcome").await;
    of_bob.receives("welcome").await;
    assert!(bob.get(&node, "/api/rooms/public").await.get::<Vec<PublicRoom>>("rooms").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_new_room_is_named() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let make = async |form: serde_json::Value| ada.post(&node, "/api/rooms", form).await;
    make(json!({"kind": "group", "name": "x".repeat(81)})).await.refused(400, "invalid", "name");
    make(json!({"kind": "public", "name": ""})).await.refused(400, "invalid", "name");
    make(json!({"kind": "secret", "name": "x"})).await.refused(400, "invalid", "secret");
    make(json!({"name": "x"})).await.refused(400, "invalid", "kind");
    let many: Vec<_> = (0..101).map(|_| Uuid::now_v7()).collect();
    make(json!({"kind": "group", "name": "x", "member_ids": many})).await.refused(400, "invalid", "member_ids");
    let unknown = json!({"kind": "group", "name": "x", "member_ids": [Uuid::now_v7()]});
    make(unknown).await.refused(404, "not_found", "user");
    assert_eq!(ada.rooms(&node).await.len(), 1, "nothing of the above was made");
    ada.get(&node, "/api/rooms/nonsense").await.refused(404, "not_found", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_not_brought_into_groups() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    let create = async |members: serde_json::Value| {
        ada.post(&node, "/api/rooms", json!({"kind": "group", "name": "Tea", "member_ids": members})).await
    };
    create(json!([bob.id])).await.refused(403, "forbidden", "write to them first");
    ada.acquaint(&node, &bob).await;
    create(json!([bob.id, cy.id])).await.refused(403, "forbidden", "Invite the others");
    assert_eq!(bob.rooms(&node).await.len(), 2, "nothing was made");
    let room: RoomSummary = create(json!([bob.id])).await.get("room");
    let members = format!("/api/rooms/{}/members", room.id);
    ada.post(&node, &members, json!({"user_id": cy.id})).await.refused(403, "forbidden", "share a group");
    ada.acquaint(&node, &cy).await;
    assert_eq!(ada.post(&node, &members, json!({"user_id": cy.id})).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn public_rooms_are_searched_and_paged() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    for name in ["Tea & cake", "Green tea", "Birds"] {
        ada.post(&node, "/api/rooms", json!({"kind": "public", "name": name})).await.get::<RoomSummary>("room");
    }
    let page = async |query: &str| {
        let page = bob.get(&node, &format!("/api/rooms/public{query}")).await.json();
        serde_json::from_value::<protocol::PublicRooms>(page).unwrap()
    };
    let names = |page: &protocol::PublicRooms| page.rooms.iter().map(|room| room.name.clone()).collect::<Vec<_>>();
    let all = page("").await;
    assert_eq!((names(&all), all.next_cursor), (vec!["Birds".into(), "Green tea".into(), "Tea & cake".into()], None));
    let first = page("?query=TEA&limit=1").await;
    assert_eq!(names(&first), ["Green tea"]);
    let cursor = first.next_cursor.unwrap().replace(' ', "%20");
    let rest = page(&format!("?query=tea&limit=2&cursor={cursor}")).await;
    assert_eq!((names(&rest), rest.next_cursor), (vec!["Tea & cake".into()], None));
    bob.get(&node, "/api/rooms/public?cursor=x").await.refused(400, "invalid", "cursor");
    bob.get(&node, "/api/rooms/public?limit=1000").await.refused(400, "invalid", "limit");
}
