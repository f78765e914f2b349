//! What is saved, when, and how little.

use crate::device::{BOB, Device, ME, TEA, ack, client_id, nack, page, retry, room, summary, text, welcome};
use client::{Effect, Failure, HistoryRequest, Input, StorageWrite, Unsent, Wish};
use protocol::{ErrorCode, Message, Rev, Seq, ServerFrame, UnixMillis};
use testbed::{Disk, saved};
use uuid::Uuid;

/// [`Device::in_tea`] that keeps rooms, and what it has kept.
fn persisting() -> (Device, Disk) {
    let mut device = Device::in_tea();
    let mut disk = Disk::default();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    (device, disk)
}

fn unsent(id: u128, order: u64) -> Unsent {
    Unsent {
        order,
        client_id: client_id(id),
        room_id: TEA,
        epoch: None,
        wish: Wish::Send { body: "hi".into(), reply_to: None, created_at: UnixMillis(5) },
        failed: None,
    }
}

#[test]
fn a_message_is_saved_before_it_leaves() {
    let mut device = Device::in_tea();
    let effects = device.send(100, "hi");
    assert_eq!(effects[0], Effect::Save(vec![StorageWrite::Unsent(unsent(100, 1))]));
    assert!(matches!(effects[1], Effect::Transmit(_)), "the frame follows");
    assert_eq!(saved(&device.send(100, "hi")), [] as [Vec<StorageWrite>; 0], "a second tap is the same message");
}

#[test]
fn what_the_server_has_is_kept_as_a_row_only() {
    let (mut device, mut disk) = persisting();
    assert_eq!(disk.seqs(TEA), (1..=10).collect::<Vec<_>>());
    disk.apply(&device.send(100, "hi"));
    let effects = device.frame(ack(100, 11));
    let [changes] = saved(&effects).try_into().unwrap();
    let sent =
        StorageWrite::Sent { client_id: client_id(100), seq: Seq(11), rev: Rev(0), created_at: UnixMillis(11_000) };
    let [first, StorageWrite::Room(record), StorageWrite::Row(row)] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((first, record.summary.last_seq, row.seq), (&sent, Seq(11), Seq(11)), "one row, not the window");
    disk.write(changes);
    disk.check(&device.engine, TEA);
}

#[test]
fn a_refusal_is_kept_with_its_reason_and_goes_with_the_message() {
    let (mut device, mut disk) = persisting();
    disk.apply(&device.send(100, "hi"));
    disk.apply(&device.send(101, "ho"));
    disk.apply(&device.frame(nack(100, ErrorCode::Forbidden)));
    let failed = Some(Failure { reason: "No.".into(), retryable: true });
    assert_eq!(disk.unsent[&client_id(100)].failed, failed);
    disk.apply(&device.input(retry(100, 200)));
    assert!(!disk.unsent.contains_key(&client_id(100)), "it goes on under another id");
    assert_eq!(disk.unsent[&client_id(200)], unsent(200, 3), "after those that wait already");
    disk.apply(&device.frame(nack(200, ErrorCode::Forbidden)));
    disk.apply(&device.frame(nack(101, ErrorCode::Forbidden)));
    disk.apply(&device.input(Input::Discard(client_id(101))));
    disk.apply(&device.frame(ServerFrame::RoomGone { room_id: TEA }));
    assert_eq!(disk.unsent.keys().collect::<Vec<_>>(), [&client_id(200)]);
    assert_eq!(disk.unsent[&client_id(200)].failed.as_ref().unwrap().reason, "You are not in this room any more.");
    assert!(disk.rooms.is_empty() && disk.rows.is_empty());
}

#[test]
fn a_new_message_is_one_row_and_pushes_one_out_of_a_full_window() {
    let rooms = vec![summary(TEA, 300, 300)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 1..=300))));
    device.go_online(rooms);
    device.input(Input::BecomeLeader { rooms: true });
    let [changes] = saved(&device.receive(text(TEA, 301, BOB))).try_into().unwrap();
    let rows: Vec<_> = changes.into_iter().filter(|change| !matches!(change, StorageWrite::Room(_))).collect();
    assert_eq!(rows, [StorageWrite::RowGone(TEA, Seq(1)), StorageWrite::Row(text(TEA, 301, BOB))]);
}

#[test]
fn a_window_that_was_moved_away_leaves_the_newest_rows_kept() {
    let rooms = vec![summary(TEA, 300, 300)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 101..=300))));
    device.go_online(rooms);
    let mut disk = Disk::default();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    for before in [101, 51] {
        disk.apply(&device.input(Input::LoadOlder(TEA)));
        disk.apply(&device.answer(HistoryRequest::Before(Seq(before)), page(TEA, before - 50..=before - 1)));
    }
    assert_eq!(disk.seqs(TEA), (1..=300).collect::<Vec<_>>());
    disk.apply(&device.receive(text(TEA, 301, BOB)));
    disk.check(&device.engine, TEA);
    let mut device = Device::new(vec![summary(TEA, 400, 400)], Some((TEA, page(TEA, 101..=400))));
    device.go_online(vec![summary(TEA, 400, 400)]);
    let mut disk = Disk::default();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    device.input(Input::LoadOlder(TEA));
    disk.apply(&device.answer(HistoryRequest::Before(Seq(101)), page(TEA, 51..=100)));
    assert!(device.engine.has_newer(TEA));
    assert_eq!(disk.seqs(TEA), (101..=400).collect::<Vec<_>>());
}

#[test]
fn the_rooms_opened_last_are_kept_and_no_more_than_fifty() {
    let rooms: Vec<_> = (1..=52).map(|number| summary(room(number), 5, 5)).collect();
    let mut device = Device::new(rooms.clone(), None);
    device.go_online(rooms);
    let mut disk = Disk::default();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    assert!(disk.rooms.is_empty(), "a room that was not opened has no rows here");
    for number in 1..=52 {
        let id = room(number);
        device.wall = number as i64;
        disk.apply(&device.input(Input::Open(Some(id))));
        let (request, result) = (HistoryRequest::Newest, Ok(page(id, 1..=5)));
        disk.apply(&device.input(Input::History { room_id: id, request, generation: 0, result }));
    }
    assert_eq!(disk.rooms.keys().copied().collect::<Vec<_>>(), (3..=52).map(room).collect::<Vec<_>>());
    assert_eq!(disk.rows.len(), 50 * 5);
    disk.apply(&device.receive(text(room(1), 6, BOB)));
    assert_eq!(disk.rooms.len(), 50);
}

#[test]
fn another_life_of_the_database_replaces_every_room() {
    let (mut device, mut disk) = persisting();
    disk.apply(&device.send(100, "hi"));
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let mut other = welcome(vec![summary(TEA, 5, 5)]);
    let ServerFrame::Welcome { epoch, .. } = &mut other else { panic!() };
    *epoch = Uuid::from_u128(100);
    disk.apply(&device.frame(other));
    assert_eq!((disk.epoch, disk.rows.len(), disk.unsent.len()), (Some(Uuid::from_u128(100)), 0, 1));
    disk.apply(&device.answer_of(1, HistoryRequest::Newest, page(TEA, 1..=5)));
    disk.check(&device.engine, TEA);
    assert_eq!(disk.seqs(TEA), [1, 2, 3, 4, 5]);
}

#[test]
fn an_engine_that_keeps_no_rooms_keeps_messages() {
    let mut device = Device::in_tea();
    let mut disk = Disk::default();
    disk.apply(&device.receive(Message { client_id: client_id(9), ..text(TEA, 11, ME) }));
    disk.apply(&device.send(100, "hi"));
    assert!(disk.rooms.is_empty() && disk.epoch.is_none());
    assert_eq!(disk.unsent.len(), 1);
    disk.apply(&device.frame(ack(100, 12)));
    assert!(disk.unsent.is_empty());
}
