//! The list of rooms: what comes, goes and changes, in frames and in the snapshot that may be older than they.

use crate::device::{
    BOB, Device, ME, TEA, changed, client_id, fact, fetched, page, room, summary, synced, text, user_id, welcome,
};
use client::{HistoryRequest, Input, View};
use protocol::{Posting, Rev, Role, RoomId, RoomSummary, Seq, ServerFrame, SystemEvent};

const CAKE: RoomId = room(8);

fn ids(device: &Device) -> Vec<RoomId> {
    device.engine.rooms().iter().map(|room| room.id).collect()
}

#[test]
fn the_latest_active_is_first() {
    let mut device = Device::new(vec![summary(TEA, 10, 10), summary(CAKE, 11, 11)], None);
    device.go_online(vec![summary(TEA, 10, 10), summary(CAKE, 11, 11)]);
    assert_eq!(ids(&device), [CAKE, TEA]);
    device.receive(text(TEA, 11, BOB));
    assert_eq!(ids(&device), [CAKE, TEA], "at the same moment the later made room is first");
    assert_eq!(changed(&device.receive(text(TEA, 12, BOB))), [View::Rooms]);
    assert_eq!(ids(&device), [TEA, CAKE]);
}

#[test]
fn rooms_come_and_go() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&device.input(Input::Room(summary(CAKE, 1, 1)))), [View::Rooms]);
    assert_eq!(changed(&device.input(Input::Room(summary(CAKE, 1, 1)))), []);
    let renamed = RoomSummary { name: "Pie".into(), ..summary(CAKE, 1, 1) };
    assert_eq!(changed(&device.frame(ServerFrame::RoomChanged { room: renamed })), [View::Rooms]);
    assert_eq!(device.engine.room(CAKE).unwrap().name, "Pie");
    let gone = || ServerFrame::RoomGone { room_id: CAKE };
    assert_eq!(changed(&device.frame(gone())), [View::Rooms, View::Timeline(CAKE)]);
    assert_eq!(device.frame(gone()), []);
    assert_eq!(ids(&device), [TEA]);
}

#[test]
fn the_answer_to_leaving_counts_where_the_server_says_nothing() {
    let mut device = Device::in_tea();
    device.frame(ServerFrame::RoomGone { room_id: TEA });
    device.frame(ServerFrame::RoomChanged { room: summary(TEA, 12, 12) });
    device.input(Input::RoomLeft(TEA));
    assert_eq!(ids(&device), [TEA], "it is older than the second entry");
    device.input(Input::Disconnected { code: None });
    assert_eq!(changed(&device.input(Input::RoomLeft(TEA)))[..], [View::Rooms, View::Timeline(TEA)]);
}

#[test]
fn a_room_that_only_an_answer_told_of_is_asked_about() {
    let mut device = Device::in_tea();
    device.input(Input::Room(summary(CAKE, 1, 1)));
    assert_eq!(synced(&device.wait(200)), [1]);
    let (from, to) = ((Seq(1), Rev(0)), (Seq(1), Rev(0)));
    device.frame(ServerFrame::Offline { room_id: CAKE, from, rows: Vec::new(), to, more: false });
    assert_eq!(synced(&device.wait(60_000)), [0; 0]);
    device.input(Input::Room(summary(room(9), 1, 1)));
    device.frame(ServerFrame::RoomChanged { room: summary(room(9), 1, 1) });
    assert_eq!(synced(&device.wait(60_000)), [0; 0], "the server has told of it");
}

#[test]
fn the_snapshot_is_the_truth_except_where_it_is_older() {
    let mut device = Device::new(vec![summary(TEA, 10, 10), summary(room(9), 3, 3)], None);
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(ServerFrame::RoomChanged { room: summary(CAKE, 1, 1) });
    device.frame(ServerFrame::RoomGone { room_id: room(6) });
    device.receive(text(TEA, 11, BOB));
    device.frame(welcome(vec![summary(room(6), 2, 2), summary(TEA, 10, 10)]));
    assert_eq!(ids(&device), [TEA, CAKE], "9 is gone, 6 went meanwhile, 8 came meanwhile");
    assert_eq!((device.unread(), device.engine.room(TEA).unwrap().last_seq), (1, Seq(11)));
}

#[test]
fn an_older_summary_takes_nothing_back() {
    let mut device = Device::in_tea();
    device.receive(fact(TEA, 11, BOB, SystemEvent::Renamed { name: "Coffee".into() }));
    device.receive(text(TEA, 12, BOB));
    device.frame(ServerFrame::RoomChanged { room: summary(TEA, 10, 10) });
    let room = device.engine.room(TEA).unwrap();
    assert_eq!((room.name.as_str(), room.unread, room.last_seq), ("Coffee", 1, Seq(12)));
}

#[test]
fn topic_archive_and_posting_follow_their_system_messages() {
    let mut device = Device::in_tea();
    let room = |device: &Device| device.engine.room(TEA).unwrap().clone();
    device.receive(fact(TEA, 11, BOB, SystemEvent::TopicChanged { topic: "Leaves".into() }));
    device.receive(fact(TEA, 12, BOB, SystemEvent::PostingChanged { posting: Posting::Admins }));
    let archived = fact(TEA, 13, BOB, SystemEvent::Archived);
    let at = archived.created_at;
    device.receive(archived);
    let seen = room(&device);
    assert_eq!((seen.topic.as_deref(), seen.posting, seen.archived_at), (Some("Leaves"), Posting::Admins, Some(at)));
    device.receive(fact(TEA, 14, BOB, SystemEvent::TopicChanged { topic: String::new() }));
    device.receive(fact(TEA, 15, BOB, SystemEvent::Restored));
    device.receive(fact(TEA, 16, BOB, SystemEvent::PostingChanged { posting: Posting::Everybody }));
    let seen = room(&device);
    assert_eq!((seen.topic, seen.posting, seen.archived_at), (None, Posting::Everybody, None));
    let count = device.engine.room(TEA).unwrap().members_count;
    let (user_id, display_name) = (user_id(3), "Carol".to_owned());
    device.receive(fact(TEA, 17, BOB, SystemEvent::Banned { user_id, display_name }));
    assert_eq!(device.engine.room(TEA).unwrap().members_count, count - 1);
}

#[test]
fn system_messages_are_rows_and_facts() {
    let mut device = Device::in_tea();
    let carol = || (user_id(3), "Carol".to_owned());
    let (user_id, display_name) = carol();
    device.receive(fact(TEA, 11, BOB, SystemEvent::Added { user_id, display_name }));
    assert_eq!(device.engine.room(TEA).unwrap().members_count, 3);
    device.receive(fact(TEA, 12, BOB, SystemEvent::Left));
    let (user_id, display_name) = (crate::device::user_id(ME), "User 1".to_owned());
    device.receive(fact(TEA, 13, BOB, SystemEvent::RoleChanged { user_id, display_name, role: Role::Admin }));
    let room = device.engine.room(TEA).unwrap();
    assert_eq!((room.members_count, room.role, room.unread), (2, Some(Role::Admin), 0));
    assert_eq!(device.seqs()[9..], [10, 11, 12, 13]);
}

#[test]
fn a_room_looked_at_is_listed_once_it_is_joined() {
    let mut device = Device::new(Vec::new(), None);
    device.go_online(Vec::new());
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), [HistoryRequest::Newest]);
    device.answer(HistoryRequest::Newest, page(TEA, 1..=5));
    device.input(Input::Room(RoomSummary { role: None, ..summary(TEA, 5, 5) }));
    assert!(ids(&device).is_empty() && device.engine.room(TEA).is_some());
    let effects = device.input(Input::Room(summary(TEA, 7, 7)));
    assert_eq!(ids(&device), [TEA]);
    let mut asked = synced(&effects);
    asked.extend(synced(&device.wait(200)));
    assert_eq!(asked, [5], "what was said meanwhile");
    assert_eq!(device.input(Input::Room(RoomSummary { role: None, ..summary(TEA, 9, 9) })), [], "asked before joining");
    assert_eq!((ids(&device), device.engine.room(TEA).unwrap().last_seq), (vec![TEA], Seq(7)));
}

#[test]
fn messages_to_a_room_without_rows_leave_nothing_behind() {
    let mut device = Device::new(vec![summary(TEA, 10, 10)], None);
    device.go_online(vec![summary(TEA, 10, 10)]);
    device.send(100, "hi");
    assert_eq!(device.ends(1)[0].0, client_id(100).0.as_u128());
    device.frame(crate::device::ack(100, 11));
    assert_eq!((device.rows().len(), device.engine.room(TEA).unwrap().last_seq), (0, Seq(11)));
}

#[test]
fn an_answer_from_before_one_left_brings_no_room_back() {
    let mut device = Device::new(vec![summary(TEA, 10, 10)], None);
    device.go_online(vec![summary(TEA, 10, 10)]);
    device.receive(text(TEA, 11, BOB));
    device.frame(ServerFrame::RoomGone { room_id: TEA });
    device.input(Input::Room(summary(TEA, 11, 11)));
    assert!(ids(&device).is_empty());
    device.input(Input::Room(summary(TEA, 13, 13)));
    assert_eq!(ids(&device), [TEA], "joined again");
}

#[test]
fn a_room_that_comes_before_a_welcome_of_another_life_stays() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(ServerFrame::RoomChanged { room: summary(room(8), 0, 0) });
    let ServerFrame::Welcome { protocol, gone, server_time, .. } = welcome(Vec::new()) else { panic!() };
    let (epoch, rooms) = (uuid::Uuid::nil(), vec![summary(TEA, 2, 2)]);
    device.frame(ServerFrame::Welcome { protocol, epoch, rooms, more: false, gone, people_rev: None, server_time });
    let mut known = ids(&device);
    known.sort();
    assert_eq!(known, [TEA, room(8)]);
}
