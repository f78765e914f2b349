//! Chats are started, and public rooms joined, by pages without scripts; and what a device installs.

use crate::harness::{Node, Options};
use protocol::RoomKind;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_starts_without_scripts() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let page = ada.open_page(&node, "/rooms/new?query=bo").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("@bob") && !page.text.contains("@ada"), "{}", page.text);
    assert!(ada.open_page(&node, "/rooms/new?query=nobody").await.text.contains("Nobody is called so."));
    let made = ada.post_form(&node, "/rooms/new", &format!("kind=direct&user_id={}", bob.id)).await;
    assert_eq!(made.status, 303);
    let again = ada.post_form(&node, "/rooms/new", &format!("kind=direct&user_id={}", bob.id)).await;
    assert_eq!(again.header("location"), made.header("location"), "the same room");
    assert_eq!(ada.open_page(&node, made.header("location")).await.status, 200);

    for (kind, expected) in [("group", RoomKind::Group), ("public", RoomKind::Public)] {
        assert_eq!(ada.open_page(&node, &format!("/rooms/new?kind={kind}")).await.status, 200);
        let made = ada.post_form(&node, "/rooms/new", &format!("kind={kind}&name=Birds+{kind}")).await;
        let rooms = ada.rooms(&node).await;
        let room = rooms.iter().find(|room| room.name == format!("Birds {kind}")).unwrap();
        assert_eq!((room.kind, made.header("location")), (expected, format!("/rooms/{}", room.id).as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_cannot_start_says_why() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    for (fields, status, sentence) in [
        ("kind=group&name=", 400, "name"),
        ("kind=direct", 400, "user_id"),
        ("kind=direct&user_id=x", 400, "user_id"),
        ("kind=tea&name=Tea", 400, "kind: must be direct, group or public."),
        ("kind=direct&user_id=01980000-0000-7000-8000-000000000009", 404, "user"),
        ("name=Tea", 400, "kind"),
    ] {
        let answer = ada.post_form(&node, "/rooms/new", fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text);
        assert!(answer.text.contains(sentence), "{fields}: {}", answer.text);
    }
    assert_eq!(ada.rooms(&node).await.len(), 1, "nothing was made");
    for path in ["/rooms/new", "/rooms/public"] {
        let stranger = node.get(path).await;
        assert_eq!(
            (stranger.status, stranger.header("location").starts_with("/api/auth/refresh")),
            (303, true),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_rooms_are_joined_without_scripts() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room: protocol::RoomSummary =
        ada.post(&node, "/api/rooms", json!({"kind": "public", "name": "Birds & <bees>"})).await.get("room");
    for number in 0..60 {
        ada.post(&node, "/api/rooms", json!({"kind": "public", "name": format!("Room {number}")})).await;
    }
    let found = bob.open_page(&node, "/rooms/public?query=birds").await;
    assert!(found.text.contains("Birds &amp; &lt;bees&gt;") && !found.text.contains("Room 1"), "{}", found.text);
    let first = bob.open_page(&node, "/rooms/public").await;
    let more = first.text.split("href=\"").find(|rest| rest.starts_with("/rooms/public?query=&amp;cursor="));
    let more = more.unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert!(bob.open_page(&node, &more).await.text.contains("Room 9"), "the second page");
    let joined = bob.post_form(&node, &format!("/rooms/{}/join", room.id), "").await;
    assert_eq!((joined.status, joined.header("location")), (303, format!("/rooms/{}", room.id).as_str()));
    assert!(bob.rooms(&node).await.iter().any(|mine| mine.id == room.id));
    assert!(!bob.open_page(&node, "/rooms/public?query=birds").await.text.contains("Birds"));
    let unknown = "/rooms/01980000-0000-7000-8000-000000000009/join";
    assert_eq!(bob.post_form(&node, unknown, "").await.status, 404);
    assert_eq!(bob.open_page(&node, "/rooms/public?cursor=x").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_without_scripts_and_once() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Birds", &[&bob]).await;
    let path = format!("/rooms/{}/messages", room.id);
    let form = "client_id=01980000-0000-7000-8000-000000000009&body=a+%3Cb%3E";
    for _ in 0..2 {
        let sent = ada.post_form(&node, &path, form).await;
        assert_eq!((sent.status, sent.header("location")), (303, format!("/rooms/{}", room.id).as_str()));
    }
    let history = ada.get(&node, &format!("/api/messages/room/{}", room.id)).await;
    let messages: Vec<protocol::Message> = history.get("messages");
    assert_eq!(messages.iter().filter(|message| message.body == "a <b>").count(), 1);

    // The same name for another text is refused, and the text stays to be sent as another message.
    let other = ada
        .post_form(&node, &path, "client_id=01980000-0000-7000-8000-000000000009&body=%3C%2Ftextarea%3E%26lt%3B")
        .await;
    assert_eq!(other.status, 409, "{}", other.text);
    assert!(other.text.contains(">\n&lt;/textarea>&amp;lt;</textarea>"), "{}", other.text);
    assert!(!other.text.contains("01980000-0000-7000-8000-000000000009"), "by another name");
    for (fields, status) in
        [("client_id=x&body=a", 400), ("body=a", 400), ("client_id=01980000-0000-7000-8000-000000000008&body=+", 400)]
    {
        assert_eq!(ada.post_form(&node, &path, fields).await.status, status, "{fields}");
    }
    let stranger = node.register("eve").await;
    let refused = stranger.post_form(&node, &path, "client_id=01980000-0000-7000-8000-000000000007&body=a").await;
    assert_eq!(refused.status, 404);
    assert!(refused.text.contains(">\na</textarea>"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_bears_the_name_of_the_server() {
    let node = Node::start_with(Options::default()).await;
    let manifest = node.get("/manifest.webmanifest").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
    assert_eq!(manifest.json()["name"], "Jackdaw");
    let ada = node.register("ada").await;
    ada.post_form(&node, "/admin/settings", "registration=open&public_rooms=&name=Roost&imprint=&privacy=").await;
    let manifest = node.get("/manifest.webmanifest").await.json();
    assert_eq!((&manifest["name"], &manifest["short_name"]), (&json!("Roost"), &json!("Roost")));
    for icon in manifest["icons"].as_array().unwrap() {
        let file = format!("{}/../style/assets{}", env!("CARGO_MANIFEST_DIR"), icon["src"].as_str().unwrap());
        assert!(std::fs::metadata(&file).is_ok(), "{file}");
    }
    for shortcut in manifest["shortcuts"].as_array().unwrap() {
        assert_eq!(ada.open_page(&node, shortcut["url"].as_str().unwrap()).await.status, 200);
    }
}
