//! What honest people do at their busiest meets no limit: the budgets of a person are for others.

use crate::harness::{Node, Options, Person, Ws, plain_client};
use futures_util::future::join_all;
use protocol::{ClientFrame, Cursor, Mark, Rev, RoomId, Seq, ServerFrame};
use std::collections::BTreeSet;
use tokio::net::TcpListener;
use uuid::Uuid;

/// A node with the limits that it has where nothing is set, and where its metrics are.
async fn node_with_limits() -> (Node, String) {
    let metrics = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let options = ["MESSAGES_PER_SECOND", "FRAMES_PER_SECOND", "REQUESTS_PER_SECOND"];
    let options = options.into_iter().fold(Options::default(), |options, name| options.set(name, ""));
    (Node::start_with(options.set("METRICS_ADDR", &metrics)).await, metrics)
}

/// What was refused so far, by reason.
async fn refusals(metrics: &str) -> Vec<String> {
    let text = plain_client().get(format!("http://{metrics}/metrics")).send().await.unwrap().text().await.unwrap();
    let counted = text.lines().filter(|line| line.starts_with("jackdaw_refusals_total"));
    counted.filter(|line| !line.ends_with(" 0")).map(ToOwned::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_messages_that_waited_for_a_network_go_at_once() {
    const COUNT: usize = 500;
    let (node, metrics) = node_with_limits().await;
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    let mut waiting = BTreeSet::new();
    for number in 0..COUNT {
        let words = "as long as what people write when they write more than a word ".repeat(4);
        waiting.insert(socket.send_message(rooms[0].id, &format!("{number}: {words}")).await);
    }
    while !waiting.is_empty() {
        let acknowledged = socket
            .find("an acknowledgement", |frame| match frame {
                ServerFrame::Ack { client_id, .. } => Some(client_id),
                ServerFrame::Nack { message, .. } => panic!("refused: {message}"),
                _ => None,
            })
            .await;
        assert!(waiting.remove(&acknowledged), "each is acknowledged once");
    }
    assert_eq!(refusals(&metrics).await, Vec::<String>::new());
}

/// Reads what a device missed of these rooms, as an engine does, and returns the rows by room.
async fn catch_up(node: &Node, device: &Person, rooms: &[RoomId]) -> usize {
    let mut socket = Ws::open(node, &device.token).await;
    socket.hello_from(rooms.iter().map(|room| Cursor(*room, Seq(1), Rev(0))).collect()).await;
    let mut rows_of = vec![0; rooms.len()];
    loop {
        let frame = socket
            .find("what was missed", |frame| match frame {
                ServerFrame::Error { message, .. } => panic!("refused: {message}"),
                ServerFrame::Offline { .. } | ServerFrame::SyncDone {} => Some(frame),
                _ => None,
            })
            .await;
        let ServerFrame::Offline { room_id, rows, to: (seq, rev), more, .. } = frame else { break };
        rows_of[rooms.iter().position(|room| *room == room_id).unwrap()] += rows.len();
        if more {
            socket.send(&ClientFrame::SyncMore { room_id, seq, rev }).await;
        }
    }
    rows_of.iter().filter(|rows| **rows == MISSED).count()
}

/// Messages of each room that the devices missed: more than one batch.
const MISSED: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_devices_of_one_person_come_back_at_once_fifty_rooms_behind() {
    let (node, metrics) = node_with_limits().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let mut rooms = Vec::new();
    for number in 0..50 {
        rooms.push(ada.create_group(&node, &format!("Room {number}"), &[&bob]).await.id);
    }
    // Others wrote, each their part, as it is over a day.
    let writers = join_all((0..10).map(async |number| {
        let writer = node.register(&format!("writer{number}")).await;
        ada.acquaint(&node, &writer).await;
        let of_writer = &rooms[number * 5..number * 5 + 5];
        for room in of_writer {
            let path = format!("/api/rooms/{room}/members");
            let added = ada.post(&node, &path, serde_json::json!({"user_id": writer.id})).await;
            assert!(added.status < 300, "{} {}", added.status, added.text);
        }
        (writer, of_writer)
    }))
    .await;
    for (writer, rooms) in writers {
        let (mut socket, _) = writer.connect(&node).await;
        for room in rooms {
            // The room's beginning and the writer's coming are rows too; the devices have the first.
            for number in 1..MISSED {
                socket.send_message(*room, &number.to_string()).await;
            }
            socket.receives(&(MISSED - 1).to_string()).await;
        }
    }
    let devices = join_all((0..20).map(|_| bob.sign_in_again(&node))).await;
    let whole = join_all(devices.iter().map(|device| catch_up(&node, device, &rooms))).await;
    assert_eq!(whole, vec![rooms.len(); devices.len()]);
    assert_eq!(refusals(&metrics).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_marks_for_rooms_that_do_not_exist_holds_up_no_others() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    let room = ada.create_group(&node, "Tea", &[&bob]).await.id;
    let ((mut of_ada, _), (mut of_bob, _), (mut of_cy, _)) =
        (ada.connect(&node).await, bob.connect(&node).await, cy.connect(&node).await);
    of_ada.send_message(room, "one").await;
    of_bob.receives("one").await;
    let read = |room_id| ClientFrame::Read { room_id, seq: Seq(2) };
    for _ in 0..5_000 {
        of_cy.send(&read(RoomId(Uuid::now_v7()))).await;
    }
    of_bob.send(&read(room)).await;
    let is_bobs = |mark: &Mark| mark.0 == bob.id && mark.2 == Seq(2);
    of_ada
        .find("Bob's mark", |frame| match frame {
            ServerFrame::Status { marks, .. } => marks.iter().any(is_bobs).then_some(()),
            _ => None,
        })
        .await;
    of_cy.is_answered().await;
}
