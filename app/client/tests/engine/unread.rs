//! Unread counts and marks.

use crate::device::{BOB, Device, ME, TEA, changed, fact, page, sent, summary, synced, text, texts, user_id};
use client::{Input, RowState, View};
use protocol::limits::UNREAD_MAX;
use protocol::{ApiError, ClientFrame, ErrorCode, Mark, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent};

fn seen(device: &mut Device, seq: i64) -> Vec<ClientFrame> {
    sent(&device.input(Input::Seen { room_id: TEA, seq: Seq(seq) }))
}

fn read(seq: i64) -> ClientFrame {
    ClientFrame::Read { room_id: TEA, seq: Seq(seq) }
}

fn status(delivered: i64, read: i64) -> ServerFrame {
    ServerFrame::Status { room_id: TEA, marks: vec![Mark(user_id(ME), Seq(delivered), Seq(read))] }
}

/// Ten messages read, five more that came live.
fn five_unread() -> Device {
    let mut device = Device::in_tea();
    for seq in 11..=15 {
        device.receive(text(TEA, seq, BOB));
    }
    device.wait(2_000);
    device
}

#[test]
fn texts_of_others_count_once() {
    let mut device = Device::in_tea();
    device.receive(text(TEA, 11, BOB));
    device.receive(text(TEA, 11, BOB));
    device.receive(text(TEA, 12, ME));
    device.receive(fact(TEA, 13, BOB, SystemEvent::Joined));
    assert_eq!((device.unread(), device.engine.unread()), (1, 1));
    assert_eq!(device.engine.room(TEA).unwrap().read_seq, Seq(10), "writing is not reading");
}

#[test]
fn the_count_stops_where_the_server_stops() {
    let mut device = Device::new(vec![summary(TEA, UNREAD_MAX, 0)], None);
    device.go_online(vec![summary(TEA, UNREAD_MAX, 0)]);
    for seq in 1..=3 {
        device.receive(text(TEA, UNREAD_MAX + seq, BOB));
    }
    assert_eq!(device.unread(), UNREAD_MAX + 1);
}

#[test]
fn seeing_reads_at_most_once_a_second() {
    let mut device = five_unread();
    assert_eq!(seen(&mut device, 12), [read(12)]);
    assert_eq!(device.unread(), 3);
    assert_eq!(seen(&mut device, 13), []);
    assert_eq!(seen(&mut device, 14), []);
    assert_eq!((seen(&mut device, 12), device.unread()), (vec![], 1));
    assert_eq!(sent(&device.wait(999)), []);
    assert_eq!(sent(&device.wait(1)), [read(14)], "the last value wins");
    assert_eq!(seen(&mut device, 99), []);
    assert_eq!((device.unread(), device.engine.room(TEA).unwrap().read_seq), (0, Seq(15)));
}

#[test]
fn a_mark_that_was_lost_with_the_connection_is_sent_again() {
    let mut device = five_unread();
    seen(&mut device, 15);
    device.input(Input::Disconnected { code: None });
    let effects = device.go_online(vec![summary(TEA, 15, 10)]);
    assert_eq!(device.unread(), 0);
    let mut frames = sent(&effects);
    frames.extend(sent(&device.wait(1_000)));
    assert!(frames.contains(&read(15)), "{frames:?}");
    device.frame(status(15, 15));
    device.input(Input::Disconnected { code: None });
    let mut frames = sent(&device.go_online(vec![summary(TEA, 15, 15)]));
    frames.extend(sent(&device.wait(1_000)));
    assert!(matches!(frames[..], [ClientFrame::Hello { .. }]), "{frames:?}");
}

#[test]
fn a_mark_that_the_server_could_not_store_is_sent_again() {
    let mut device = five_unread();
    assert_eq!(seen(&mut device, 15), [read(15)]);
    let error = ApiError { code: ErrorCode::Unavailable, message: "Later.".into() };
    let mut frames = sent(&device.frame(ServerFrame::error(error)));
    frames.extend(sent(&device.wait(1_000)));
    assert!(frames.contains(&read(15)), "{frames:?}");
    device.frame(status(15, 15));
    let error = ApiError { code: ErrorCode::Invalid, message: "What?".into() };
    let mut frames = sent(&device.frame(ServerFrame::error(error)));
    frames.extend(sent(&device.wait(1_000)));
    assert_eq!(frames, []);
}

#[test]
fn another_device_reads_too() {
    let mut device = five_unread();
    assert_eq!(changed(&device.frame(status(15, 13))), [View::Rooms]);
    assert_eq!(device.unread(), 2);
    assert_eq!(changed(&device.frame(status(15, 12))), []);
    device.frame(status(15, 15));
    assert_eq!((device.unread(), sent(&device.wait(5_000))), (0, vec![]));
}

#[test]
fn where_the_rows_are_not_here_they_are_counted_anew() {
    let rooms = vec![summary(TEA, 20, 10)];
    let mut device = Device::new(rooms.clone(), None);
    device.go_online(rooms);
    let mut effects = device.frame(status(20, 14));
    assert_eq!(device.unread(), 6, "an estimate until the rows are counted");
    effects.extend(device.wait(200));
    assert_eq!(synced(&effects), [14]);
    let mut rows = texts(15..=20);
    rows[0].sender_id = user_id(ME);
    device.batch(14, rows, false);
    assert_eq!((device.unread(), device.rows().len()), (5, 0));
}

#[test]
fn what_has_arrived_is_told_at_most_once_a_second() {
    let mut device = Device::in_tea();
    let delivered = |seq| ClientFrame::Delivered { room_id: TEA, seq: Seq(seq) };
    assert_eq!(sent(&device.receive(text(TEA, 11, BOB))), [delivered(11)]);
    assert_eq!(sent(&device.receive(text(TEA, 12, BOB))), []);
    assert_eq!(sent(&device.receive(text(TEA, 14, BOB))), []);
    let effects = device.wait(1_000);
    assert_eq!(synced(&effects), [12]);
    assert!(sent(&effects).contains(&delivered(12)), "nothing beyond a gap has arrived");
    assert_eq!(sent(&device.receive(text(TEA, 15, ME))), []);
}

#[test]
fn rooms_out_of_sight_count_across_a_gap() {
    let rooms = vec![summary(TEA, 10, 10)];
    let mut device = Device::new(rooms.clone(), None);
    device.go_online(rooms);
    device.receive(text(TEA, 13, BOB));
    assert_eq!((device.unread(), device.engine.room(TEA).unwrap().last_seq), (0, Seq(13)));
    assert_eq!(synced(&device.wait(200)), [10]);
    device.batch(10, texts(11..=13), false);
    assert_eq!((device.unread(), device.rows().len()), (3, 0));
}

#[test]
fn the_other_person_of_a_direct_room_is_seen_to_receive_and_read() {
    let direct = |delivered, read| RoomSummary {
        kind: RoomKind::Direct,
        other_mark: Some(Mark(user_id(BOB), Seq(delivered), Seq(read))),
        ..summary(TEA, 10, 10)
    };
    let mut mine = page(TEA, 1..=10);
    for row in &mut mine.messages[7..] {
        row.sender_id = user_id(ME);
    }
    let mut device = Device::new(vec![direct(8, 7)], Some((TEA, mine)));
    device.go_online(vec![direct(9, 8)]);
    let states = |device: &Device| device.rows()[7..].iter().map(|row| row.state.clone()).collect::<Vec<_>>();
    assert_eq!(states(&device), [RowState::Read, RowState::Delivered, RowState::Sent]);
    let told = |seq| ServerFrame::Status { room_id: TEA, marks: vec![Mark(user_id(BOB), Seq(10), Seq(seq))] };
    assert_eq!(changed(&device.frame(told(9))), [View::Rooms, View::Timeline(TEA)]);
    assert_eq!(states(&device), [RowState::Read, RowState::Read, RowState::Delivered]);
    assert_eq!(changed(&device.frame(told(3))), [], "marks only grow");
    device.frame(ServerFrame::RoomChanged { room: RoomSummary { other_mark: None, ..direct(0, 0) } });
    assert_eq!(states(&device), [RowState::Sent, RowState::Sent, RowState::Sent], "not told any more");
}
