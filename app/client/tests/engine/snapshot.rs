//! The list of rooms comes in pages, and counts only once all of it is here.

use crate::device::{Device, TEA, changed, messages, page, room, summary, welcome};
use client::{ConnectionState, Effect, Input, View};
use protocol::{RoomId, RoomSummary, ServerFrame};

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
