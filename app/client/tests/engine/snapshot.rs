//! The list of rooms comes in pages, and counts only once all of it is here.

use crate::device::{Device, ME, TEA, changed, messages, page, room, summary, user_id, welcome};
use client::{ConnectionState, Effect, Input, View};
use protocol::{Mark, RoomId, RoomSummary, Seq, ServerFrame};
use uuid::Uuid;

const CAKE: RoomId = room(8);

fn first_page(rooms: Vec<RoomSummary>) -> ServerFrame {
    match welcome(rooms) {
        ServerFrame::Welcome { protocol, epoch, rooms, gone, server_time, .. } => {
            ServerFrame::Welcome { protocol, epoch, rooms, more: true, gone, people_rev: None, server_time }
        }
        other => panic!("{other:?}"),
    }
}

/// Was online in two rooms, and has said `hello` again.
fn greeting() -> Device {
    let rooms = vec![summary(TEA, 10, 10), summary(CAKE, 3, 3)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 1..=10))));
    device.go_online(rooms);
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device
}

fn listed(device: &Device) -> Vec<RoomId> {
    let mut ids: Vec<_> = device.engine.rooms().iter().map(|room| room.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn pages_count_once_the_last_one_is_here() {
    let mut device = greeting();
    assert_eq!(changed(&device.frame(first_page(vec![summary(room(9), 1, 0)]))), []);
    assert_eq!((listed(&device), device.engine.connection()), (vec![TEA, CAKE], ConnectionState::Connecting));
    let effects = device.frame(ServerFrame::Rooms { rooms: vec![summary(room(10), 1, 0)], more: true });
    assert_eq!((changed(&effects), listed(&device)), (vec![], vec![TEA, CAKE]));
    let effects = device.frame(ServerFrame::Rooms { rooms: vec![summary(TEA, 10, 10)], more: false });
    assert!(changed(&effects).contains(&View::Rooms) && changed(&effects).contains(&View::Connection));
    assert_eq!(listed(&device), [TEA, room(9), room(10)], "and what is in no page is gone");
    assert_eq!(device.engine.connection(), ConnectionState::Online);
}

#[test]
fn a_connection_that_is_lost_between_pages_leaves_the_old_picture() {
    let mut device = greeting();
    device.send(100, "hi");
    device.frame(first_page(vec![summary(room(9), 1, 0)]));
    device.input(Input::Disconnected { code: None });
    assert_eq!((listed(&device), device.rows().len()), (vec![TEA, CAKE], 11));
    // A page without the beginning is nobody's.
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(ServerFrame::Rooms { rooms: Vec::new(), more: false });
    assert_eq!(listed(&device), [TEA, CAKE]);
    let effects = device.frame(welcome(vec![summary(TEA, 10, 10), summary(CAKE, 3, 3)]));
    assert_eq!(messages(&effects), [100]);
}

#[test]
fn each_page_has_its_own_time_to_come() {
    let mut device = greeting();
    for number in 0..5 {
        if number > 0 {
            assert!(!device.wait(30_000).contains(&Effect::Changed(View::Connection)), "page {number}");
        }
        let page = vec![summary(room(20 + number), 1, 0)];
        device.frame(if number == 0 { first_page(page) } else { ServerFrame::Rooms { rooms: page, more: true } });
    }
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
    device.wait(60_000);
    assert!(matches!(device.engine.connection(), ConnectionState::Waiting { .. }), "the next one never came");
}

/// The list of a database that was put back to an earlier state. Read before the person saw message 3 on another device.
fn list_of_another_epoch() -> ServerFrame {
    match welcome(vec![summary(TEA, 3, 0)]) {
        ServerFrame::Welcome { protocol, rooms, more, gone, people_rev, server_time, .. } => {
            let epoch = Uuid::from_u128(98);
            ServerFrame::Welcome { protocol, epoch, rooms, more, gone, people_rev, server_time }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_changed_before_the_list_of_another_epoch_is_asked_for_again() {
    let mut device = greeting();
    device.frame(ServerFrame::Status { room_id: TEA, marks: vec![Mark(user_id(ME), Seq(3), Seq(3))] });
    device.frame(list_of_another_epoch());
    assert!(matches!(device.engine.connection(), ConnectionState::Waiting { .. }), "nobody repeats the mark");
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(list_of_another_epoch());
    assert_eq!(device.engine.connection(), ConnectionState::Online, "of the same epoch it is merged");
}

#[test]
fn a_list_of_another_epoch_before_which_nothing_changed_is_taken() {
    let mut device = greeting();
    device.frame(list_of_another_epoch());
    assert_eq!((device.engine.connection(), listed(&device)), (ConnectionState::Online, vec![TEA]));
}
