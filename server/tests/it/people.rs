//! Names of people on the socket: a change reaches everybody who is connected, on every node, and who was away asks.

use crate::harness::{Node, Options, Proxy, Ws, fresh_postgres, redis_url};
use protocol::{ClientFrame, PROTOCOL_VERSION, Person, ServerFrame, UserId};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

async fn told(socket: &mut Ws) -> Person {
    let person = |frame| match frame {
        ServerFrame::PersonChanged { person } => Some(person),
        _ => None,
    };
    socket.find("person:changed", person).await
}

async fn ask(socket: &mut Ws, since: i64, ids: &[UserId]) -> (Vec<Person>, i64) {
    socket.send(&ClientFrame::PeopleGet { since, ids: ids.to_vec() }).await;
    let answer = |frame| match frame {
        ServerFrame::People { people, rev } => Some((people, rev)),
        _ => None,
    };
    socket.find("people", answer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_reaches_every_node() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let (mut ada_here, _) = ada.connect(&here).await;
    let (mut ada_there, _) = ada.connect(&there).await;
    bob.patch(&here, "/api/me", json!({"display_name": "Robert"})).await;
    for socket in [&mut ada_here, &mut ada_there] {
        let person = told(socket).await;
        assert_eq!((person.id, person.rev, person.display_name.as_str()), (bob.id, 1, "Robert"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whose_names_look_alike_are_told_apart_on_every_node() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let ada = here.register("ada").await;
    ada.patch(&here, "/api/me", json!({"display_name": "Lisa"})).await;
    let (mut ada_here, _) = ada.connect(&here).await;
    let (mut ada_there, _) = ada.connect(&there).await;
    // A new account takes the name, with a capital I in place of the l.
    let eve = there.register("eve").await;
    eve.patch(&there, "/api/me", json!({"display_name": "LIsa"})).await;
    for socket in [&mut ada_here, &mut ada_there] {
        let mut names = BTreeMap::new();
        while names.get(&ada.id).is_none_or(|name| name != "Lisa @ada") {
            let person = told(socket).await;
            names.insert(person.id, person.display_name);
        }
        assert_eq!(names[&eve.id], "LIsa @eve", "Eve's name changed before Ada's was to be told apart from it");
    }
    let message = eve.send_message(&there, &eve.rooms(&there).await[0], "hello").await;
    assert_eq!(message.sender_name, "LIsa @eve");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_the_bus_does_not_reach_compares_the_counter() {
    let (url, proxy) = (fresh_postgres().await, Proxy::start(&redis_url(), true).await);
    let here = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let there = Node::start_with(Options::cluster(&url, &proxy.url(&redis_url()))).await;
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let (mut ada_there, _) = ada.connect(&there).await;
    proxy.cut();
    bob.patch(&here, "/api/me", json!({"display_name": "Robert"})).await;
    assert_eq!(told(&mut ada_there).await.display_name, "Robert");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_away_asks_for_what_changed() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let mut socket = Ws::open(&node, &ada.token).await;
    socket.hello().await;
    bob.patch(&node, "/api/me", json!({"display_name": "Robert"})).await;
    told(&mut socket).await;
    let mut later = Ws::open(&node, &ada.token).await;
    later.send(&ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors: Vec::new() }).await;
    let welcome = |frame| match frame {
        ServerFrame::Welcome { people_rev, .. } => Some(people_rev),
        _ => None,
    };
    assert_eq!(later.find("welcome", welcome).await, Some(1));
    let stranger = UserId(Uuid::now_v7());
    let (people, rev) = ask(&mut later, 0, &[ada.id, bob.id, stranger]).await;
    assert_eq!((people.len(), people[0].id, rev), (1, bob.id, 1));
    let (people, _) = ask(&mut later, -1, &[ada.id, bob.id, stranger]).await;
    assert_eq!(people.len(), 2, "all of them, those who never changed their name as well");
    assert_eq!(ask(&mut later, 1, &[ada.id, bob.id]).await, (Vec::new(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_are_named_and_too_many_changes_refused() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut socket, _) = ada.connect(&node).await;
    let error = |frame| match frame {
        ServerFrame::Error { message, .. } => Some(message),
        _ => None,
    };
    socket.send(&ClientFrame::PeopleGet { since: 0, ids: vec![ada.id; 201] }).await;
    let problem = socket.find("an error", error).await;
    assert!(problem.starts_with("ids: at most 200"), "{problem}");
    socket.send_text(r#"{"type":"people:get","data":{"since":"x","ids":[]}}"#).await;
    let problem = socket.find("an error", error).await;
    assert!(problem.contains("data.since"), "{problem}");
    for count in 0..10 {
        ada.patch(&node, "/api/me", json!({"display_name": format!("Ada {count}")})).await;
    }
    let request = json!({"display_name": "Ada 10"});
    ada.patch(&node, "/api/me", request).await.refused(429, "rate_limited", "name");
    assert_eq!(ada.patch(&node, "/api/me", json!({"display_name": "Ada 9", "receipts": false})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_stored_in_normal_form_and_without_invisible_characters() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let change = async |name: &str| ada.patch(&node, "/api/me", json!({"display_name": name})).await;
    change("\u{202e}adA").await.refused(400, "invalid", "U+202E");
    let me: protocol::User = change("Zoe\u{308} \u{ff21}").await.get("user");
    assert_eq!(me.display_name, "Zo\u{eb} A");
    let create = async |name: &str| ada.post(&node, "/api/rooms", json!({"kind": "public", "name": name})).await;
    create("Te\u{200d}a").await.refused(400, "invalid", "name: must not contain the invisible character U+200D");
    let room: protocol::RoomSummary = create("Tea \u{2764}\u{fe0f}").await.get("room");
    assert_eq!(room.name, "Tea \u{2764}\u{fe0f}");
    let path = format!("/api/rooms/{}", room.id);
    ada.patch(&node, &path, json!({"name": "\u{2800}"})).await.refused(400, "invalid", "U+2800");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_only_a_person_is_not_shown_to_others() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    ada.patch(&node, "/api/me", json!({"receipts": false})).await;
    let me: protocol::User = ada.get(&node, "/api/me").await.get("user");
    assert!(me.is_admin && !me.receipts);
    let found: Vec<protocol::User> = bob.get(&node, "/api/users?query=ada").await.get("users");
    let room: protocol::RoomSummary =
        bob.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": ada.id})).await.get("room");
    let members = format!("/api/rooms/{}/members", room.id);
    let members: Vec<protocol::Member> = bob.get(&node, &members).await.get("members");
    let member = members.into_iter().map(|member| member.user).find(|user| user.id == ada.id);
    let listed = bob.rooms(&node).await.into_iter().find_map(|room| room.other);
    for seen in [found.into_iter().next(), room.other, member, listed] {
        let seen = seen.expect("Bob sees Ada");
        assert_eq!((seen.id, seen.is_admin, seen.receipts), (ada.id, false, true));
        assert_eq!((seen.username.as_str(), seen.created_at), ("ada", me.created_at));
    }
}
