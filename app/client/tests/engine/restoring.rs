//! A page that starts where an earlier one ended: nothing typed is lost, nothing is doubled, and rooms can be read at once.

use crate::device::{
    BOB, Device, ME, TEA, ack, changed, client_id, fetched, messages, nack, page, retry, room, sent, summary, text,
    welcome,
};
use client::{Input, RowState, View};
use protocol::{ClientFrame, Cursor, ErrorCode, HistoryPage, Message, Rev, RoomId, RoomSummary, Seq, ServerFrame};
use testbed::Disk;
use uuid::Uuid;

const SENDING: RowState = RowState::Sending;

type Boot = (Vec<RoomSummary>, Option<(RoomId, HistoryPage)>);

/// The next page life: the server's rendering, then what was kept.
fn next_life(boot: Boot, disk: &mut Disk) -> Device {
    let mut device = Device::new(boot.0, boot.1);
    for input in [Input::BecomeFollower, Input::Restore(disk.read()), Input::BecomeLeader { rooms: true }] {
        disk.apply(&device.input(input));
    }
    device
}

/// What the server renders with ten messages in the open room.
fn boot() -> Boot {
    (vec![summary(TEA, 10, 10)], Some((TEA, page(TEA, 1..=10))))
}

/// The same with this message of one's own after them.
fn boot_with(id: u128) -> Boot {
    let mut rendered = page(TEA, 1..=11);
    rendered.messages[10] = Message { client_id: client_id(id), body: "hi".into(), ..text(TEA, 11, ME) };
    (vec![summary(TEA, 11, 11)], Some((TEA, rendered)))
}

/// A life with `last` rows kept, that has ended.
fn earlier_life(last: i64) -> Disk {
    let mut disk = Disk::default();
    let rooms = vec![summary(TEA, last, last)];
    let mut device = next_life((rooms.clone(), Some((TEA, page(TEA, 1..=last)))), &mut disk);
    disk.apply(&device.go_online(rooms));
    disk
}

#[test]
fn what_was_not_sent_is_sent_first_and_in_order() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    for id in [100, 101] {
        disk.apply(&device.send(id, "hi"));
    }
    let mut device = Device::new(boot().0, boot().1);
    device.input(Input::BecomeFollower);
    assert_eq!(testbed::saved(&device.send(102, "typed before the storage was read")), [] as [Vec<_>; 0]);
    disk.apply(&device.input(Input::Restore(disk.read())));
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    assert_eq!(device.ends(3), [(100, SENDING), (101, SENDING), (102, SENDING)]);
    disk.check(&device.engine, TEA);
    assert_eq!(messages(&device.go_online(boot().0)), [100]);
    assert_eq!(messages(&device.frame(ack(100, 11))), [101]);
    assert_eq!(messages(&device.frame(ack(101, 12))), [102]);
    let mut device = next_life(boot(), &mut disk);
    assert_eq!(device.ends(3), [(100, SENDING), (101, SENDING), (102, SENDING)]);
    let again = device.input(Input::Restore(disk.read()));
    assert_eq!((changed(&again), device.rows().len()), (vec![], 13), "nothing is doubled");
}

#[test]
fn a_failed_message_keeps_its_reason() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    device.go_online(boot().0);
    disk.apply(&device.send(100, "hi"));
    disk.apply(&device.frame(nack(100, ErrorCode::Conflict)));
    let mut device = next_life(boot(), &mut disk);
    assert_eq!(device.ends(1), [(100, RowState::Failed { reason: "No.".into(), retryable: false })]);
    assert_eq!(messages(&device.go_online(boot().0)), []);
    assert_eq!(messages(&device.input(retry(100, 200))), [200]);
}

#[test]
fn a_message_that_was_stored_without_word_of_it_is_not_shown_twice() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    disk.apply(&device.send(100, "hi"));
    let mut device = next_life(boot_with(100), &mut disk);
    assert_eq!((device.ends(1), device.rows().len()), (vec![(100, RowState::Sent)], 11));
    let effects = device.go_online(vec![summary(TEA, 11, 11)]);
    disk.apply(&effects);
    assert_eq!(messages(&effects), []);
    assert!(disk.unsent.is_empty());
}

#[test]
fn a_message_that_only_a_page_of_an_earlier_database_has_is_sent_again() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    disk.apply(&device.send(100, "hi"));
    // Rendered before a backup was put back that does not have it.
    let mut device = next_life(boot_with(100), &mut disk);
    let ServerFrame::Welcome { protocol, gone, server_time, .. } = welcome(Vec::new()) else { panic!() };
    let (epoch, rooms) = (Uuid::from_u128(98), vec![summary(TEA, 10, 10)]);
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let effects =
        device.frame(ServerFrame::Welcome { protocol, epoch, rooms, more: false, gone, people_rev: None, server_time });
    disk.apply(&effects);
    assert_eq!((messages(&effects), disk.unsent.len()), (vec![100], 1));
    assert_eq!(device.ends(1), [(100, SENDING)]);
}

#[test]
fn a_room_that_the_server_did_not_render_is_there_at_once() {
    let mut disk = earlier_life(10);
    let mut device = next_life((vec![summary(TEA, 10, 10)], None), &mut disk);
    assert_eq!(device.seqs(), (1..=10).collect::<Vec<_>>());
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), []);
    let effects = device.go_online(vec![summary(TEA, 12, 10)]);
    let ClientFrame::Hello { epoch, cursors, .. } = &sent(&effects)[0] else { panic!("{effects:?}") };
    assert_eq!((epoch, cursors.as_slice()), (&Some(Uuid::from_u128(99)), &[Cursor(TEA, Seq(10), Rev(0))][..]));
}

#[test]
fn rows_join_where_they_meet() {
    let mut disk = earlier_life(60);
    let device = next_life((vec![summary(TEA, 70, 60)], Some((TEA, page(TEA, 51..=70)))), &mut disk);
    assert_eq!(device.seqs(), (1..=70).collect::<Vec<_>>(), "older rows stand before what the server rendered");
    disk.check(&device.engine, TEA);
    let device = next_life((vec![summary(TEA, 200, 60)], Some((TEA, page(TEA, 151..=200)))), &mut disk);
    assert_eq!(device.seqs(), (151..=200).collect::<Vec<_>>(), "nothing joins across a gap");
    assert_eq!(disk.seqs(TEA), (151..=200).collect::<Vec<_>>());
    disk.check(&device.engine, TEA);
}

#[test]
fn a_page_that_was_kept_itself_is_older_than_what_is_kept() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    device.go_online(boot().0);
    disk.apply(&device.receive(text(TEA, 11, BOB)));
    disk.apply(&device.receive(text(TEA, 12, BOB)));
    disk.apply(&device.input(Input::Seen { room_id: TEA, seq: Seq(11) }));
    let mut device = next_life(boot(), &mut disk);
    assert_eq!(device.seqs(), (1..=12).collect::<Vec<_>>());
    let known = device.engine.room(TEA).unwrap();
    assert_eq!((known.last_seq, known.read_seq, known.unread), (Seq(12), Seq(11), 1));
    let mut effects = device.go_online(vec![summary(TEA, 12, 10)]);
    effects.extend(device.wait(1_000));
    let read = ClientFrame::Read { room_id: TEA, seq: Seq(11) };
    assert!(sent(&effects).contains(&read), "what was read without a connection is told");
    assert_eq!(device.unread(), 1);
}

#[test]
fn rows_after_a_gap_in_what_was_kept_count_alone() {
    let mut disk = earlier_life(10);
    disk.rows.remove(&(TEA, Seq(5)));
    let device = next_life((vec![summary(TEA, 10, 10)], None), &mut disk);
    assert_eq!(device.seqs(), [6, 7, 8, 9, 10]);
    disk.check(&device.engine, TEA);
}

#[test]
fn rooms_of_another_life_of_the_database_are_dropped_and_messages_stay() {
    let mut disk = earlier_life(10);
    let mut device = next_life(boot(), &mut disk);
    disk.apply(&device.send(100, "hi"));
    disk.epoch = Some(Uuid::from_u128(1));
    // The storage answers after `welcome`.
    let mut device = Device::new(boot().0, None);
    device.input(Input::BecomeFollower);
    device.go_online(boot().0);
    disk.apply(&device.input(Input::Restore(disk.read())));
    assert_eq!(device.seqs(), [0]);
    let effects = device.input(Input::BecomeLeader { rooms: true });
    disk.apply(&effects);
    assert_eq!((messages(&effects), disk.rows.len(), disk.rooms.len()), (vec![100], 0, 0));
    assert_eq!(disk.epoch, Some(Uuid::from_u128(99)));
    // The storage answers before it.
    let mut disk = earlier_life(10);
    disk.epoch = Some(Uuid::from_u128(1));
    let mut device = next_life((boot().0, None), &mut disk);
    disk.apply(&device.go_online(boot().0));
    assert_eq!((device.seqs(), disk.rows.len()), (vec![], 0));
}

#[test]
fn a_room_that_is_gone_does_not_come_back() {
    let mut disk = earlier_life(10);
    let mut device = Device::new(vec![summary(room(8), 0, 0)], None);
    device.input(Input::BecomeFollower);
    device.go_online(vec![summary(room(8), 0, 0)]);
    disk.apply(&device.input(Input::Restore(disk.read())));
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    assert!(device.engine.room(TEA).is_none() && disk.rooms.is_empty() && disk.rows.is_empty());
    // Before `welcome` nobody knows, and without a connection it is all there is.
    let mut disk = earlier_life(10);
    let mut device = next_life((vec![summary(room(8), 0, 0)], None), &mut disk);
    assert!(device.engine.room(TEA).is_some());
    let effects = device.go_online(vec![summary(room(8), 0, 0)]);
    disk.apply(&effects);
    assert!(changed(&effects).contains(&View::Rooms) && disk.rooms.is_empty() && disk.rows.is_empty());
}

#[test]
fn without_storage_everything_else_works() {
    let mut device = Device::new(boot().0, boot().1);
    device.input(Input::BecomeFollower);
    device.send(100, "hi");
    device.go_online(boot().0);
    let effects = device.input(Input::BecomeLeader { rooms: false });
    assert_eq!(messages(&effects), [100]);
    device.frame(ack(100, 11));
    assert_eq!(device.frame(welcome(boot().0)).len(), 0);
    let effects = device.frame(ServerFrame::RoomGone { room_id: TEA });
    assert!(testbed::saved(&effects).is_empty());
}
