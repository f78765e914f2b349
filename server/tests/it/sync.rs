//! A device comes back: batches of what it missed, from its cursor on; and messages that are changed.

use crate::harness::{Node, Options, Person, Ws, plain_client};
use protocol::limits::UNREAD_MAX;
use protocol::{ClientFrame, ClientId, Cursor, Message, Rev, RoomSummary, Seq, ServerFrame};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

impl Ws {
    /// The next batch: rows, where it leads, and whether there is more.
    async fn batch(&mut self) -> (Vec<Message>, (Seq, Rev), bool) {
        self.find("messages:offline", |frame| match frame {
            ServerFrame::Offline { rows, to, more, .. } => Some((rows, to, more)),
            _ => None,
        })
        .await
    }

    async fn changed(&mut self) -> Message {
        self.find("message:changed", |frame| match frame {
            ServerFrame::Changed { message } => Some(message),
            _ => None,
        })
        .await
    }
}

/// Ada's group with Bob and this many messages in it, the one that tells of its making included.
async fn group(node: &Node, messages: usize) -> (Person, Person, RoomSummary) {
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(node, "Tea", &[&bob]).await;
    let (mut socket, _) = ada.connect(node).await;
    for n in 2..=messages {
        socket.send_message(room.id, &n.to_string()).await;
    }
    socket.receives(&messages.to_string()).await;
    (ada, bob, room)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_comes_in_batches_and_each_is_asked_for() {
    let node = Node::start().await;
    let (ada, bob, room) = group(&node, 130).await;
    let path = format!("/api/messages/room/{}/5", room.id);
    assert_eq!(ada.patch(&node, &path, json!({"body": "five"})).await.status, 200);
    let mut socket = Ws::open(&node, &bob.token).await;
    socket.hello_from(vec![Cursor(room.id, Seq(10), Rev(0))]).await;
    let (rows, to, more) = socket.batch().await;
    assert_eq!((rows.len(), rows[0].seq, rows[0].body.as_str()), (50, Seq(5), "five"));
    assert_eq!((rows[1].seq, rows[49].seq, to, more), (Seq(11), Seq(59), (Seq(59), Rev(1)), true));
    let next = |(seq, rev)| ClientFrame::SyncMore { room_id: room.id, seq, rev };
    socket.send(&next(to)).await;
    let (rows, to, more) = socket.batch().await;
    assert_eq!((rows[0].seq, rows.len(), to, more), (Seq(60), 50, (Seq(109), Rev(1)), true));
    socket.send(&next(to)).await;
    let (rows, to, more) = socket.batch().await;
    assert_eq!((rows[0].seq, rows.len(), to, more), (Seq(110), 21, (Seq(130), Rev(1)), false));
    assert_eq!(socket.next().await, ServerFrame::SyncDone {});
    socket.send(&next(to)).await;
    assert_eq!(socket.batch().await, (vec![], to, false), "asking once more does no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_everything_gets_nothing() {
    let node = Node::start().await;
    let (_, bob, room) = group(&node, 3).await;
    let mut socket = Ws::open(&node, &bob.token).await;
    socket.hello_from(vec![Cursor(room.id, Seq(3), Rev(0))]).await;
    assert_eq!(socket.next().await, ServerFrame::SyncDone {});
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_too_much_or_comes_from_elsewhere_starts_over() {
    let node = Node::start().await;
    let (_, bob, room) = group(&node, 510).await;
    for cursor in [Cursor(room.id, Seq(9), Rev(0)), Cursor(room.id, Seq(511), Rev(0)), Cursor(room.id, Seq(9), Rev(7))]
    {
        let mut socket = Ws::open(&node, &bob.token).await;
        socket.hello_from(vec![cursor]).await;
        let (summary, rows, to) = match socket.next().await {
            ServerFrame::Reset { room, rows, to } => (room, rows, to),
            other => panic!("{other:?}"),
        };
        assert_eq!((summary.id, summary.unread, to), (room.id, UNREAD_MAX + 1, (Seq(510), Rev(0))));
        assert_eq!((rows.len(), rows[0].seq), (50, Seq(461)));
        assert_eq!(socket.next().await, ServerFrame::SyncDone {});
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_of_another_life_of_the_database_are_nothing() {
    let node = Node::start().await;
    let (_, bob, room) = group(&node, 3).await;
    let mut socket = Ws::open(&node, &bob.token).await;
    let cursors = vec![Cursor(room.id, Seq(2), Rev(0))];
    let epoch = Some(Uuid::now_v7());
    socket.send(&ClientFrame::Hello { protocol: protocol::PROTOCOL_VERSION, epoch, cursors }).await;
    assert!(matches!(socket.next().await, ServerFrame::Welcome { .. }));
    assert!(matches!(socket.next().await, ServerFrame::Heads { .. }));
    assert_eq!(socket.next().await, ServerFrame::SyncDone {});
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_to_everybody_and_acknowledged() {
    let node = Node::start().await;
    let (ada, bob, room) = group(&node, 3).await;
    let ((mut of_ada, _), (mut of_bob, _)) = (ada.connect(&node).await, bob.connect(&node).await);
    let (room_id, seq) = (room.id, Seq(3));
    let client_id = ClientId(Uuid::now_v7());
    let edit = ClientFrame::Edit { client_id, room_id, seq, body: " three ".into() };
    let ack = |frame| match frame {
        ServerFrame::Ack { client_id, seq, rev, .. } => Some((client_id, seq, rev)),
        _ => None,
    };
    of_ada.send(&edit).await;
    assert_eq!(of_bob.changed().await.body, "three");
    assert_eq!(of_ada.find("ack", ack).await, (client_id, seq, Rev(1)));
    of_ada.send(&edit).await;
    assert_eq!(of_ada.find("ack", ack).await, (client_id, seq, Rev(1)), "a repeat changes nothing");

    let client_id = ClientId(Uuid::now_v7());
    of_bob.send(&ClientFrame::React { client_id, room_id, seq, emoji: "\u{1f44d}".into(), on: true }).await;
    let reacted = |frame| match frame {
        ServerFrame::Reacted { seq, rev, user_id, emoji, on, .. } => Some((seq, rev, user_id, emoji, on)),
        _ => None,
    };
    let news = (seq, Rev(2), bob.id, "\u{1f44d}".to_owned(), true);
    assert_eq!(of_ada.find("reaction:changed", reacted).await, news, "what differs, and not the row");
    assert_eq!(of_bob.find("ack", ack).await.2, Rev(2));
    let nack = |frame| match frame {
        ServerFrame::Nack { code, retryable, .. } => Some((code, retryable)),
        _ => None,
    };
    of_bob.send(&ClientFrame::Delete { client_id: ClientId(Uuid::now_v7()), room_id, seq }).await;
    assert_eq!(of_bob.find("nack", nack).await, (protocol::ErrorCode::Forbidden, false));
    of_bob.send(&ClientFrame::React { client_id, room_id, seq: Seq(2), emoji: "ok".into(), on: true }).await;
    assert_eq!(of_bob.find("nack", nack).await, (protocol::ErrorCode::Invalid, false));
    of_ada.send(&ClientFrame::Delete { client_id: ClientId(Uuid::now_v7()), room_id, seq }).await;
    let gone = of_bob.changed().await;
    assert_eq!((gone.body.as_str(), gone.deleted_at.is_some(), gone.reactions.len()), ("", true, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_edits_and_deletes_too() {
    let node = Node::start().await;
    let (ada, bob, room) = group(&node, 3).await;
    let path = |seq: i64| format!("/api/messages/room/{}/{seq}", room.id);
    let edited = ada.patch(&node, &path(3), json!({"body": "three"})).await;
    assert_eq!((edited.status, edited.json()["message"]["body"].as_str()), (200, Some("three")));
    bob.patch(&node, &path(3), json!({"body": "no"})).await.refused(403, "forbidden", "wrote");
    ada.patch(&node, &path(3), json!({"body": " "})).await.refused(400, "invalid", "body");
    ada.patch(&node, &path(99), json!({"body": "no"})).await.refused(404, "not_found", "message");
    ada.patch(&node, &path(1), json!({"body": "no"})).await.refused(409, "conflict", "room");
    let deleted = ada.delete(&node, &path(3)).await;
    assert_eq!((deleted.status, deleted.json()["message"]["body"].as_str()), (200, Some("")));
    assert_eq!(ada.delete(&node, &path(3)).await.json(), deleted.json(), "once more does no harm");
    ada.patch(&node, &path(3), json!({"body": "no"})).await.refused(409, "conflict", "deleted");
    bob.delete(&node, &path(2)).await.refused(403, "forbidden", "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_comes_back_soon_gets_what_went_out_meanwhile() {
    let private = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let node = Node::start_with(Options::default().set("METRICS_ADDR", &private)).await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let (mut of_ada, mut rooms) = ada.connect(&node).await;
    let (room, cursor) = (rooms[0].id, rooms.remove(0));
    for body in ["one", "two", "three"] {
        of_ada.send_message(room, body).await;
        of_ada.receives(body).await;
    }
    let mut socket = Ws::open(&node, &bob.token).await;
    socket.hello_from(vec![Cursor(room, cursor.last_seq, cursor.last_rev)]).await;
    let (rows, to, more) = socket.batch().await;
    assert_eq!(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    assert_eq!((to, more), ((Seq(cursor.last_seq.0 + 3), cursor.last_rev), false));
    of_ada.send_message(room, "four").await;
    socket.receives("four").await;
    let read = plain_client().get(format!("http://{private}/metrics")).send().await.unwrap();
    let told = read.text().await.unwrap();
    for line in ["jackdaw_batches_caught_up_total 1", "jackdaw_batches_from_memory_total 1"] {
        assert!(told.lines().any(|told| told == line), "{line} is missing in {told}");
    }
}
