//! However long messages are and however many rooms somebody is in: every frame and every answer is bounded in bytes, and
//! a client that reads gets everything.

use crate::harness::{Node, Person, Ws};
use futures_util::future::join_all;
use protocol::limits::{BODY_CHARS, PREVIEW_CHARS};
use protocol::{ClientFrame, ClientId, Cursor, ErrorCode, Rev, RoomSummary, Seq, ServerFrame};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows or rooms in one frame, and the rest of it.
const FRAME: usize = 128 * 1024 + 8 * 1024;

fn longest() -> String {
    "\u{4e2d}".repeat(BODY_CHARS.1)
}

/// Groups of Ada's that Bob is in, each with one message as long as it may be.
async fn groups(node: &Node, ada: &Person, bob: &Person, count: usize) -> Vec<RoomSummary> {
    let body = longest();
    ada.acquaint(node, bob).await;
    let group = async |number: usize| {
        let room = ada.create_group(node, &format!("Group {number}"), &[bob]).await;
        assert_eq!(ada.send_message(node, &room, &body).await.seq, Seq(2));
        room
    };
    join_all((0..count).map(group)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn long_messages_in_many_rooms_keep_nobody_offline() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let rooms = groups(&node, &ada, &bob, 30).await;
    let mut socket = Ws::open(&node, &bob.token).await;
    let listed = socket.hello_from(rooms.iter().map(|room| Cursor(room.id, Seq(1), Rev(0))).collect()).await;
    assert_eq!(listed.len(), 32, "General and a direct room besides the groups");
    let last = listed.iter().find(|room| room.id == rooms[0].id).unwrap().last_message.as_ref().unwrap();
    assert_eq!(last.body.chars().count(), PREVIEW_CHARS, "the list has a preview");
    let mut behind = rooms.len();
    while behind > 0 {
        let (rows, more) = socket
            .find("messages:offline", |frame| match frame {
                ServerFrame::Offline { rows, more, .. } => Some((rows, more)),
                _ => None,
            })
            .await;
        assert_eq!((rows.len(), rows[0].body.chars().count(), more), (1, BODY_CHARS.1, false));
        behind -= 1;
    }
    assert_eq!(socket.next().await, ServerFrame::SyncDone {});
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_rooms_comes_in_pages() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let rooms = groups(&node, &ada, &bob, 90).await;
    let mut socket = Ws::open(&node, &bob.token).await;
    let hello = ClientFrame::Hello { protocol: protocol::PROTOCOL_VERSION, epoch: None, cursors: Vec::new() };
    socket.send(&hello).await;
    let mut pages = Vec::new();
    let mut more = true;
    while more {
        let frame = socket.next().await;
        assert!(serde_json::to_string(&frame).unwrap().len() <= FRAME / 2);
        let (page, follows) = match frame {
            ServerFrame::Welcome { rooms, more, .. } if pages.is_empty() => (rooms, more),
            ServerFrame::Rooms { rooms, more } if !pages.is_empty() => (rooms, more),
            other => panic!("{other:?}"),
        };
        pages.push(page);
        more = follows;
    }
    let mut ids: Vec<_> = pages.iter().flatten().map(|room| room.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(pages.len() > 1 && ids.len() == rooms.len() + 2, "{} pages, {} rooms", pages.len(), ids.len());
    assert!(matches!(socket.next().await, ServerFrame::Heads { .. }));
    assert_eq!(bob.rooms(&node).await.len(), ids.len(), "over REST too");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_messages_are_caught_up_with_and_paged() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let general = bob.rooms(&node).await.remove(0);
    let body = longest();
    for _ in 0..60 {
        ada.send_message(&node, &general, &body).await;
    }
    let mut socket = Ws::open(&node, &bob.token).await;
    socket.hello_from(vec![Cursor(general.id, general.last_seq, general.last_rev)]).await;
    let mut held = BTreeMap::new();
    loop {
        let (rows, to, more, bytes) = socket
            .find("messages:offline", |frame| {
                let bytes = serde_json::to_string(&frame).unwrap().len();
                match frame {
                    ServerFrame::Offline { rows, to, more, .. } => Some((rows, to, more, bytes)),
                    _ => None,
                }
            })
            .await;
        assert!(bytes <= FRAME && !rows.is_empty(), "{bytes} bytes");
        held.extend(rows.into_iter().map(|row| (row.seq, row.body)));
        if !more {
            break;
        }
        socket.send(&ClientFrame::SyncMore { room_id: general.id, seq: to.0, rev: to.1 }).await;
    }
    assert!(held.len() == 60 && held.values().all(|held| *held == body), "{} messages", held.len());

    // The same over REST, page by page.
    let (mut seqs, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/messages/room/{}?limit=100{cursor}", general.id);
        let answer = bob.get(&node, &path).await;
        assert!(answer.text.len() <= 2 * FRAME + 8 * 1024, "{} bytes", answer.text.len());
        let page: protocol::HistoryPage = serde_json::from_str(&answer.text).unwrap();
        seqs.splice(0..0, page.messages.iter().map(|row| row.seq.0));
        match page.next_cursor {
            Some(seq) => cursor = format!("&cursor={seq}"),
            None => break,
        }
    }
    assert_eq!(seqs, (1..=general.last_seq.0 + 60).collect::<Vec<_>>(), "without a gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_are_refused_by_name() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    let id = socket.send_message(rooms[0].id, "a\u{1}b").await;
    assert_eq!(socket.refusal().await, (id, ErrorCode::Invalid, false));
    ada.send_as(&node, &rooms[0], ClientId(Uuid::now_v7()), "a\u{1b}[1mb").await.refused(400, "invalid", "U+001B");
    let sent = ada.send_message(&node, &rooms[0], "a\r\n\tb").await;
    assert_eq!(sent.body, "a\n\tb");
    let path = format!("/api/messages/room/{}/{}", rooms[0].id, sent.seq);
    ada.patch(&node, &path, json!({"body": "\u{7f}x"})).await.refused(400, "invalid", "U+007F");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_version_2_is_asked_to_reload() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let mut socket = Ws::open(&node, &ada.token).await;
    socket.send_text(r#"{"type":"hello","data":{"protocol":2,"cursors":[]}}"#).await;
    match socket.next().await {
        ServerFrame::Welcome { protocol, rooms, more, gone, .. } => {
            assert_eq!((protocol, rooms.len(), more, gone.len()), (protocol::PROTOCOL_VERSION, 0, false, 0));
        }
        other => panic!("{other:?}"),
    }
    // It is in no room: nothing else is said to it.
    let room = ada.rooms(&node).await.remove(0);
    ada.send_message(&node, &room, "hi").await;
    socket.send_text(r#"{"type":"typing:start","data":{"room_id":"00000000-0000-0000-0000-000000000000"}}"#).await;
    assert!(matches!(socket.next().await, ServerFrame::Error { code: ErrorCode::Invalid, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_a_later_version_is_given_to_nobody() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let path = format!("/api/rooms/{}/members/{}", room.id, bob.id);
    for role in ["moderator", "unknown"] {
        ada.patch(&node, &path, json!({ "role": role })).await.refused(400, "invalid", "role");
    }
}
