//! `/ws`: what a connection is told, and what becomes of one that misbehaves.

use crate::harness::{Answer, Node, Ws, plain_client};
use protocol::{
    ClientFrame, ClientId, CloseCode, Cursor, ErrorCode, Mark, PROTOCOL_VERSION, Rev, RoomId, Seq, ServerFrame,
};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use uuid::Uuid;

/// The next frame must be an error with this code that names this.
async fn expect_error(socket: &mut Ws, code: ErrorCode, names: &str) {
    match socket.next().await {
        ServerFrame::Error { code: told, message, .. } => {
            assert_eq!(told, code, "{message}");
            assert!(message.contains(names), "{names:?} is not in {message:?}");
        }
        other => panic!("not an error: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_and_reaches_every_device() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let phone = ada.sign_in_again(&node).await;
    let (mut laptop, _) = ada.connect(&node).await;
    let (mut of_phone, _) = phone.connect(&node).await;
    let (mut of_bob, _) = bob.connect(&node).await;
    let id = laptop.send_message(room.id, "hello").await;
    // The sender is told first that it is stored, then sees it as everybody does.
    match laptop.next().await {
        ServerFrame::Ack { client_id, room_id, seq, .. } => {
            assert_eq!((client_id, room_id, seq), (id, room.id, Seq(2)))
        }
        other => panic!("{other:?}"),
    }
    for socket in [&mut laptop, &mut of_phone, &mut of_bob] {
        let message = socket.next_message().await;
        assert_eq!((message.client_id, message.seq, message.sender_name.as_str()), (id, Seq(2), "Ada"));
    }
    // A repeat is acknowledged with the same number, after the row as it is stored, and sent to nobody else.
    laptop.send(&ClientFrame::Send { client_id: id, room_id: room.id, body: "hello".into(), reply_to: None }).await;
    assert_eq!(laptop.next_message().await.client_id, id);
    assert!(matches!(laptop.next().await, ServerFrame::Ack { seq: Seq(2), .. }));
    laptop.send_message(room.id, "next").await;
    assert_eq!(of_bob.next_message().await.seq, Seq(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_at_once_keep_their_order() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let room = ada.rooms(&node).await.remove(0);
    let (mut socket, _) = ada.connect(&node).await;
    for n in 0..300 {
        socket.send_message(room.id, &n.to_string()).await;
    }
    for n in 0..300 {
        let message = socket.next_message().await;
        assert_eq!((message.body, message.seq), (n.to_string(), Seq(2 + n)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_refused_with_its_id() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[]).await;
    let (mut socket, _) = bob.connect(&node).await;
    let general = bob.rooms(&node).await.remove(0).id;
    for (room, body, reply_to, code, names) in [
        (room.id, "hi", None, ErrorCode::NotFound, "room"),
        (RoomId(Uuid::now_v7()), "hi", None, ErrorCode::NotFound, "room"),
        (general, "  ", None, ErrorCode::Invalid, "body"),
        (general, "hi", Some(Seq(99)), ErrorCode::Invalid, "reply_to"),
    ] {
        let id = ClientId(Uuid::now_v7());
        socket.send(&ClientFrame::Send { client_id: id, room_id: room, body: body.into(), reply_to }).await;
        match socket.next().await {
            ServerFrame::Nack { client_id, code: told, message, retryable, .. } => {
                assert_eq!((client_id, told, retryable), (id, code, false));
                assert!(message.contains(names), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hello_comes_first_and_once() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let mut socket = Ws::open(&node, &ada.token).await;
    socket.send_message(RoomId(Uuid::nil()), "hi").await;
    expect_error(&mut socket, ErrorCode::Invalid, "hello").await;
    let hello = |protocol, cursors| ClientFrame::Hello { protocol, epoch: None, cursors };
    socket.send(&hello(PROTOCOL_VERSION + 1, Vec::new())).await;
    expect_error(&mut socket, ErrorCode::Invalid, "protocol").await;
    let cursor = Cursor(RoomId(Uuid::now_v7()), Seq(1), Rev(0));
    socket.send(&hello(PROTOCOL_VERSION, vec![cursor; 1_001])).await;
    expect_error(&mut socket, ErrorCode::Invalid, "cursors").await;
    socket.send(&hello(PROTOCOL_VERSION, vec![cursor])).await;
    match socket.next().await {
        ServerFrame::Welcome { rooms, gone, protocol, .. } => {
            assert_eq!((rooms.len(), gone, protocol), (1, vec![cursor.0], PROTOCOL_VERSION));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(socket.next().await, ServerFrame::Heads { rooms } if rooms.len() == 1));
    assert_eq!(socket.next().await, ServerFrame::SyncDone {});
    socket.send(&hello(PROTOCOL_VERSION, Vec::new())).await;
    expect_error(&mut socket, ErrorCode::Invalid, "already").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_not_understood_costs_nothing_but_an_answer() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    let send = json!({"type": "message:send", "data": {"room_id": rooms[0].id, "client_id": "x", "body": "hi"}});
    for (text, names) in [
        ("hello", "JSON"),
        ("[]", "JSON"),
        ("{}", "type"),
        (r#"{"type":"room:dance","data":{}}"#, "room:dance"),
        (r#"{"type":"message:send"}"#, "message:send"),
        (&send.to_string(), "client_id"),
        (r#"{"type":"message:read","data":{"room_id":"x","seq":1}}"#, "message:read"),
    ] {
        socket.send_text(text).await;
        expect_error(&mut socket, ErrorCode::Invalid, names).await;
    }
    let text = json!({"type": "message:send", "later": 1, "data": {
        "room_id": rooms[0].id, "client_id": Uuid::now_v7(), "body": "a field from the future", "mood": "good"}});
    socket.send_text(&text.to_string()).await;
    assert!(matches!(socket.next().await, ServerFrame::Ack { .. }), "unknown fields are ignored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_of_ours_ends_the_connection_with_its_code() {
    let node = Node::start().await;
    let ada = node.register("ada").await;

    let (mut binary, _) = ada.connect(&node).await;
    binary.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(binary.closed().await, Some(CloseCode::ProtocolError.code()));

    let (mut large, _) = ada.connect(&node).await;
    large.send_text(&"x".repeat(65 * 1024)).await;
    assert_eq!(large.closed().await, Some(CloseCode::TooLarge.code()));

    let (mut not_utf8, _) = ada.connect(&node).await;
    // A masked text frame of two bytes that are no UTF-8, with a mask of zeros.
    not_utf8.stream().write_all(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await.unwrap();
    assert_eq!(not_utf8.closed().await, Some(CloseCode::NotUtf8.code()));

    let (mut unmasked, _) = ada.connect(&node).await;
    unmasked.stream().write_all(&[0x81, 0x02, b'h', b'i']).await.unwrap();
    assert_eq!(unmasked.closed().await, Some(CloseCode::ProtocolError.code()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_close_frame_of_a_client_is_answered_with_its_code() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    socket.send_message(rooms[0].id, "the last word").await;
    let frame = CloseFrame { code: 4321.into(), reason: "enough".into() };
    socket.send_raw(Message::Close(Some(frame))).await;
    assert_eq!(socket.closed().await, Some(4321));
    let stored = ada.connect(&node).await.1.remove(0);
    assert_eq!(stored.last_message.unwrap().body, "the last word");

    let (mut without_code, _) = ada.connect(&node).await;
    without_code.send_raw(Message::Close(None)).await;
    let mut answered = false;
    without_code.closed_by(|message| answered |= matches!(message, Message::Close(None))).await;
    assert!(answered, "a connection that just ends is 1006 to the client");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_without_a_key_of_its_protocol_is_refused() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let token = format!("Bearer {}", ada.token);
    for key in ["", "short==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==!", "dGhlIHNhbXBsZSB_b25jZQ=="] {
        let answer = plain_client()
            .get(node.url("/ws"))
            .header("authorization", &token)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", key);
        let answer = Answer::of(answer).await;
        answer.refused(400, "invalid", "sec-websocket-key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_reach_a_persons_other_devices() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    ada.send_message(&node, &room, "one").await;
    ada.send_message(&node, &room, "two").await;
    let phone = bob.sign_in_again(&node).await;
    let (mut laptop, rooms) = bob.connect(&node).await;
    let (mut of_phone, _) = phone.connect(&node).await;
    assert_eq!(rooms.iter().find(|other| other.id == room.id).unwrap().unread, 2);
    laptop.send(&ClientFrame::Read { room_id: room.id, seq: Seq(99) }).await;
    let told = of_phone
        .find("message:status", |frame| match frame {
            ServerFrame::Status { room_id, marks } => Some((room_id, marks)),
            _ => None,
        })
        .await;
    assert_eq!(told, (room.id, vec![Mark(bob.id, Seq(3), Seq(3))]), "not above the head");
    let rooms = bob.rooms(&node).await;
    assert_eq!(rooms.iter().find(|other| other.id == room.id).unwrap().unread, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_does_not_read_is_closed_and_delays_nobody() {
    const MESSAGES: usize = 500;
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await;
    let (mut slow, _) = bob.connect(&node).await;
    let (mut quick, _) = ada.connect(&node).await;
    // 32 KB each: more in all than the queue and the buffers of the two kernels' sides hold.
    let body = "🐦".repeat(8_000);
    for n in 0..MESSAGES {
        quick.send_message(room.id, &body).await;
        assert_eq!(quick.next_message().await.seq, Seq(2 + i64::try_from(n).unwrap()));
    }
    let mut received = 0;
    let code = slow.closed_after(|_| received += 1).await;
    assert!(matches!(code, None | Some(4002)), "closed as slow, or gone where even that could not be told: {code:?}");
    assert!(received < MESSAGES, "all {received} arrived: the buffers are larger than this test thinks");
    let (_, rooms) = bob.connect(&node).await;
    assert_eq!(rooms.iter().find(|other| other.id == room.id).unwrap().last_seq, Seq(1 + 500), "nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_connection_above_the_bound_of_a_session_is_closed_with_its_own_code() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let (mut oldest, _) = ada.connect(&node).await;
    let (mut second, _) = ada.connect(&node).await;
    let mut others = Vec::new();
    // Whether or not they say hello.
    for _ in 0..19 {
        others.push(Ws::open(&node, &ada.token).await);
    }
    assert_eq!(oldest.closed().await, Some(CloseCode::TooManySockets.code()));
    second.is_answered().await;
    // Another session has its own.
    let (mut phone, _) = ada.sign_in_again(&node).await.connect(&node).await;
    phone.is_answered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_never_says_hello_is_closed() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let mut mute = Ws::open(&node, &ada.token).await;
    let (mut greeted, _) = ada.connect(&node).await;
    assert_eq!(mute.closed().await, Some(CloseCode::Normal.code()));
    greeted.is_answered().await;
}
