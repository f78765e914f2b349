//! Sending: rows from the tap to their place, in order, once.

use crate::device::{
    Device, ME, TEA, ack, changed, client_id, fetched, messages, nack, page, retry, room, sent, summary, text,
};
use client::{ConnectionState, Effect, HistoryRequest, Input, RowState, View};
use protocol::{ClientFrame, ErrorCode, Message, Rev, Seq, ServerFrame, UnixMillis};
use uuid::Uuid;

const SENDING: RowState = RowState::Sending;
const SENT: RowState = RowState::Sent;

/// My own message as everybody hears it.
fn mine(id: u128, seq: i64) -> Message {
    Message { client_id: client_id(id), body: "hi".into(), ..text(TEA, seq, ME) }
}

#[test]
fn a_row_keeps_its_key_from_the_tap_to_its_place() {
    let mut device = Device::in_tea();
    let effects = device.send(100, "hi");
    let frame = ClientFrame::Send { client_id: client_id(100), room_id: TEA, body: "hi".into(), reply_to: None };
    assert_eq!(sent(&effects), [frame]);
    assert_eq!(changed(&effects), [View::Timeline(TEA)]);
    assert_eq!(device.ends(1), [(100, SENDING)]);
    assert_eq!((device.seqs().last(), device.rows().last().unwrap().message.created_at), (Some(&0), UnixMillis(5)));
    let effects = device.frame(ack(100, 11));
    assert_eq!(changed(&effects), [View::Timeline(TEA), View::Rooms]);
    assert_eq!((device.ends(1), device.rows().len()), (vec![(100, SENT)], 11));
    assert_eq!(device.rows().last().unwrap().message, Message { sender_name: "User 1".into(), ..mine(100, 11) });
    assert_eq!(changed(&device.receive(mine(100, 11))), [], "the frame that all get is no news");
    assert_eq!(device.rows().len(), 11);
    assert_eq!(device.engine.room(TEA).unwrap().last_seq, Seq(11));
}

#[test]
fn the_message_may_come_before_its_acknowledgement() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    device.send(101, "hi");
    assert_eq!(messages(&device.receive(mine(100, 11))), [101], "the next may go");
    assert_eq!(device.ends(2), [(100, SENT), (101, SENDING)]);
    assert_eq!(device.frame(ack(100, 11)), []);
    assert_eq!(device.seqs().len(), 12);
}

#[test]
fn somebody_may_react_to_it_before_its_acknowledgement() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    device.frame(ServerFrame::Changed { message: Message { rev: Rev(1), ..mine(100, 11) } });
    assert_eq!((device.ends(1), device.rows().len()), (vec![(100, SENT)], 11));
}

#[test]
fn an_acknowledged_message_keeps_its_place_until_the_gap_before_it_is_filled() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    device.send(101, "ho");
    device.frame(ack(100, 12));
    assert_eq!(device.ends(2), [(100, SENT), (101, SENDING)]);
    assert_eq!(device.seqs()[9..], [10, 0, 0]);
    assert_eq!(device.receive(mine(100, 12)), []);
    device.receive(text(TEA, 11, 2));
    assert_eq!(device.seqs()[9..], [10, 11, 12, 0]);
    assert_eq!(device.ends(2), [(100, SENT), (101, SENDING)]);
}

#[test]
fn one_message_a_room_is_under_way() {
    let mut device = Device::in_tea();
    assert_eq!(messages(&device.send(100, "a")), [100]);
    assert_eq!(messages(&device.send(101, "b")), []);
    let other = Input::Send { client_id: client_id(200), room_id: room(8), body: "c".into(), reply_to: Some(Seq(1)) };
    assert_eq!(messages(&device.input(other)), [200], "another room does not wait");
    assert_eq!(messages(&device.frame(ack(100, 11))), [101]);
    assert_eq!(messages(&device.frame(ack(100, 11))), []);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_after_welcome_in_order() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.send(101, "b");
    device.input(Input::Disconnected { code: None });
    assert_eq!(messages(&device.send(102, "c")), []);
    let rooms = vec![summary(TEA, 10, 10)];
    assert_eq!(messages(&device.go_online(rooms)), [100]);
    assert_eq!(messages(&device.frame(ack(100, 11))), [101]);
    assert_eq!(messages(&device.frame(ack(101, 12))), [102]);
    assert_eq!(device.ends(3), [(100, SENT), (101, SENT), (102, SENDING)]);
}

#[test]
fn a_message_that_history_has_needs_no_acknowledgement() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    device.input(Input::Disconnected { code: None });
    device.go_online(vec![summary(TEA, 11, 10)]);
    device.batch(10, vec![mine(100, 11)], false);
    assert_eq!((device.seqs().len(), device.ends(1)), (11, vec![(100, SENT)]));
    device.frame(ack(100, 11));
    assert_eq!(device.seqs().len(), 11);
}

#[test]
fn a_late_acknowledgement_means_a_dead_connection() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    let late = device.now + 15_000;
    assert_eq!(device.wait(14_000), [Effect::WakeAt(late)], "asked for once the earlier moment is over");
    device.wait(999);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    device.wait(1);
    assert!(matches!(device.engine.connection(), ConnectionState::Waiting { .. }));
    assert_eq!(messages(&device.go_online(vec![summary(TEA, 10, 10)])), [100]);
}

#[test]
fn answers_on_a_connection_that_was_given_up_count_until_the_next_one_is_open() {
    let mut device = Device::in_tea();
    for id in [100, 101, 102] {
        device.send(id, "hi");
    }
    device.wait(15_000);
    assert!(matches!(device.engine.connection(), ConnectionState::Waiting { .. }));
    // The server was only slow.
    assert_eq!(messages(&device.frame(ack(100, 11))), []);
    assert_eq!(device.ends(3), [(100, SENT), (101, SENDING), (102, SENDING)]);
    assert_eq!(device.receive(text(TEA, 12, 2)), [], "nothing else counts");
    assert!(device.wait(500).contains(&Effect::Connect));
    device.frame(nack(101, ErrorCode::Unavailable));
    device.frame(nack(102, ErrorCode::Conflict));
    device.input(Input::Connected);
    let effects = device.frame(crate::device::welcome(vec![summary(TEA, 11, 11)]));
    assert_eq!(messages(&effects), [101], "what was stored or refused is not sent again");
}

#[test]
fn what_was_acknowledged_late_is_no_failure_in_a_room_that_was_left_meanwhile() {
    let mut device = Device::in_tea();
    device.send(100, "hi");
    device.wait(15_000);
    device.frame(ack(100, 11));
    device.go_online(Vec::new());
    assert_eq!(device.rows(), [], "nothing says that it was not sent");
    assert!(!device.engine.has_unsent());
}

#[test]
fn a_refused_message_waits_as_long_as_the_server_says_and_keeps_its_place() {
    let mut device = Device::in_tea();
    device.send(100, "one");
    device.send(101, "two");
    device.frame(ServerFrame::Nack {
        client_id: client_id(100),
        code: ErrorCode::RateLimited,
        message: "Later.".into(),
        retryable: true,
        retry_after_ms: Some(20_000),
    });
    assert_eq!(messages(&device.wait(19_999)), []);
    assert_eq!(messages(&device.wait(1)), [100]);
    assert_eq!(messages(&device.frame(ack(100, 11))), [101], "nothing overtakes it");
}

#[test]
fn what_the_server_cannot_take_now_is_sent_again_and_nothing_overtakes_it() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.send(101, "b");
    device.random = 500;
    let effects = device.frame(nack(100, ErrorCode::Unavailable));
    assert_eq!((messages(&effects), device.ends(2)), (vec![], vec![(100, SENDING), (101, SENDING)]));
    assert_eq!(messages(&device.wait(1_499)), []);
    assert_eq!(messages(&device.wait(1)), [100]);
    assert_eq!(messages(&device.frame(ack(100, 11))), [101]);
}

#[test]
fn a_refused_message_waits_for_the_person() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.send(101, "b");
    let effects = device.frame(nack(100, ErrorCode::Conflict));
    assert_eq!(messages(&effects), [101], "the next does not wait for the person");
    assert_eq!(changed(&effects), [View::Timeline(TEA)]);
    let failed = RowState::Failed { reason: "No.".into(), retryable: false };
    assert_eq!(device.ends(2), [(100, failed), (101, SENDING)]);
    device.frame(ack(101, 11));
    assert_eq!(messages(&device.input(retry(100, 200))), [200], "a refusal is the answer to an id");
    assert_eq!(device.ends(2), [(101, SENT), (200, SENDING)]);
    device.frame(nack(200, ErrorCode::Conflict));
    assert_eq!(changed(&device.input(Input::Discard(client_id(200)))), [View::Timeline(TEA)]);
    assert_eq!((device.seqs().len(), device.input(retry(100, 200))), (11, vec![]));
}

#[test]
fn a_room_that_is_gone_takes_nothing() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.frame(ServerFrame::RoomGone { room_id: TEA });
    assert!(matches!(&device.ends(1)[0], (100, RowState::Failed { retryable: true, .. })));
    assert!(device.engine.rooms().is_empty());
    device.frame(ServerFrame::RoomChanged { room: summary(TEA, 10, 10) });
    assert_eq!(messages(&device.input(retry(100, 200))), [100], "it may be stored under its id");
    device.frame(nack(100, ErrorCode::NotFound));
    assert_eq!(messages(&device.input(retry(100, 200))), [200]);
}

#[test]
fn what_a_room_that_is_gone_had_stored_is_no_failure() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.frame(ServerFrame::RoomGone { room_id: TEA });
    device.batch(10, vec![mine(100, 11)], false);
    assert_eq!(device.rows(), [], "a batch that was under way says that it is stored");
}

#[test]
fn sending_from_far_up_leads_back_to_the_newest_rows() {
    let mut device = Device::new(vec![summary(TEA, 400, 400)], Some((TEA, page(TEA, 101..=400))));
    device.go_online(vec![summary(TEA, 400, 400)]);
    device.input(Input::LoadOlder(TEA));
    device.answer(HistoryRequest::Before(Seq(101)), page(TEA, 51..=100));
    assert!(device.engine.has_newer(TEA));
    let effects = device.send(100, "hi");
    assert_eq!(fetched(&effects), [HistoryRequest::Newest]);
    device.frame(ack(100, 401));
    assert_eq!(device.ends(1), [(100, SENT)]);
    device.answer(HistoryRequest::Newest, page(TEA, 351..=400));
    assert_eq!((device.seqs().len(), device.ends(1)), (51, vec![(100, SENT)]));
    assert_eq!(device.seqs()[50], 401);
}

#[test]
fn another_life_of_the_database_gets_everything_again() {
    let mut device = Device::in_tea();
    device.send(100, "a");
    device.frame(ack(100, 12));
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let mut welcome = crate::device::welcome(vec![summary(TEA, 5, 5)]);
    if let ServerFrame::Welcome { epoch, .. } = &mut welcome {
        *epoch = Uuid::from_u128(100);
    }
    let effects = device.frame(welcome);
    assert_eq!((messages(&effects), fetched(&effects)), (vec![100], vec![HistoryRequest::Newest]));
    device.answer(HistoryRequest::Newest, page(TEA, 7..=9));
    assert_eq!(device.seqs(), [0], "a page that was asked for in the earlier epoch");
    device.answer_of(1, HistoryRequest::Newest, page(TEA, 1..=5));
    device.frame(ack(100, 6));
    assert_eq!((device.seqs(), device.ends(1)), (vec![1, 2, 3, 4, 5, 6], vec![(100, SENT)]));
}
