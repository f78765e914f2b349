//! Rows: one range without gaps, whatever comes early, late, twice or not at all.

use crate::device::{BOB, Device, TEA, changed, fetched, page, summary, synced, text, texts, welcome};
use client::{HistoryRequest, Input, View};
use protocol::{ErrorCode, Rev, RoomHead, Seq, ServerFrame};

fn heads(seq: i64) -> ServerFrame {
    ServerFrame::Heads { rooms: vec![RoomHead(TEA, Seq(seq), Rev(0))] }
}

/// A window of the newest 300 of 400 messages.
fn far_up() -> Device {
    let rooms = vec![summary(TEA, 400, 400)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 101..=400))));
    device.go_online(rooms);
    device
}

#[test]
fn opening_a_room_fetches_its_newest_rows_once() {
    let mut device = Device::new(vec![summary(TEA, 60, 60)], None);
    let effects = device.input(Input::Open(Some(TEA)));
    assert_eq!((fetched(&effects), changed(&effects)), (vec![HistoryRequest::Newest], vec![View::Timeline(TEA)]));
    assert!(device.engine.is_loading_newest(TEA));
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), []);
    device.answer(HistoryRequest::Newest, page(TEA, 11..=60));
    assert!(device.engine.has_older(TEA) && !device.engine.is_loading_newest(TEA));
    assert_eq!(device.seqs(), (11..=60).collect::<Vec<_>>());
    device.input(Input::Open(None));
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), []);
}

#[test]
fn next_in_line_is_appended_and_repeats_are_dropped() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&device.receive(text(TEA, 11, BOB))), [View::Rooms, View::Timeline(TEA)]);
    assert_eq!(changed(&device.receive(text(TEA, 11, BOB))), []);
    assert_eq!(changed(&device.receive(text(TEA, 4, BOB))), []);
    assert_eq!(device.seqs(), (1..=11).collect::<Vec<_>>());
}

#[test]
fn a_gap_is_filled_by_what_is_late_or_else_by_one_request() {
    let mut device = Device::in_tea();
    assert_eq!(fetched(&device.receive(text(TEA, 12, BOB))), []);
    assert_eq!(device.seqs().len(), 10, "nothing is shown beyond a gap");
    device.receive(text(TEA, 11, BOB));
    assert_eq!(device.seqs().len(), 12);
    assert_eq!(fetched(&device.wait(1_000)), []);

    let mut device = Device::in_tea();
    device.receive(text(TEA, 13, BOB));
    assert_eq!(synced(&device.wait(200)), [10]);
    assert_eq!(synced(&device.receive(text(TEA, 15, BOB))), [0; 0], "one request at a time");
    let effects = device.batch(10, texts(11..=12), false);
    assert_eq!(device.seqs(), (1..=13).collect::<Vec<_>>());
    assert_eq!(synced(&effects), [13]);
    device.batch(13, texts(14..=14), false);
    assert_eq!((device.seqs().len(), device.unread()), (15, 5));
}

#[test]
fn heads_tell_of_a_lost_last_message() {
    let mut device = Device::in_tea();
    assert_eq!(device.frame(heads(10)), []);
    device.frame(heads(12));
    assert_eq!(synced(&device.wait(200)), [10]);
    device.batch(10, texts(11..=12), false);
    assert_eq!((device.seqs().len(), device.unread()), (12, 2));
    assert_eq!(device.engine.room(TEA).unwrap().last_message.as_ref().unwrap().seq, Seq(12));
}

#[test]
fn a_head_that_is_not_there_yet_is_asked_about_slowly() {
    let mut device = Device::in_tea();
    device.frame(heads(11));
    device.wait(200);
    assert_eq!(synced(&device.batch(10, Vec::new(), false)), [0; 0]);
    assert_eq!(synced(&device.wait(999)), [0; 0]);
    assert_eq!(synced(&device.wait(1)), [10]);
}

#[test]
fn the_newest_page_joins_what_is_shown_where_they_meet() {
    let mut device = Device::new(vec![summary(TEA, 10, 10)], Some((TEA, page(TEA, 1..=10))));
    device.frame(welcome(Vec::new()));
    let public = protocol::RoomSummary { role: None, ..summary(TEA, 10, 10) };
    let mut device = Device::new(vec![public], Some((TEA, page(TEA, 1..=10))));
    assert!(device.engine.rooms().is_empty() && device.engine.room(TEA).is_some());
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), [HistoryRequest::Newest], "no frames tell of it");
    device.answer(HistoryRequest::Newest, page(TEA, 5..=12));
    assert_eq!(device.seqs(), (1..=12).collect::<Vec<_>>());
    device.input(Input::Open(None));
    assert!(device.engine.room(TEA).is_none(), "it is not one of the person's rooms");
}

#[test]
fn older_rows_push_the_newest_out_of_the_window_and_back() {
    let mut device = far_up();
    let effects = device.input(Input::LoadOlder(TEA));
    assert_eq!(
        (fetched(&effects), changed(&effects)),
        (vec![HistoryRequest::Before(Seq(101))], vec![View::Timeline(TEA)])
    );
    assert!(device.engine.is_loading_older(TEA));
    assert_eq!(fetched(&device.input(Input::LoadOlder(TEA))), []);
    device.answer(HistoryRequest::Before(Seq(101)), page(TEA, 51..=100));
    assert_eq!(device.seqs(), (51..=350).collect::<Vec<_>>());
    assert!(device.engine.has_newer(TEA) && !device.engine.is_loading_older(TEA));
    assert_eq!(changed(&device.receive(text(TEA, 401, BOB))), [View::Rooms], "it belongs below the window");
    assert_eq!(device.unread(), 1);
    assert_eq!(fetched(&device.input(Input::Open(Some(TEA)))), [HistoryRequest::Newest]);
    device.receive(text(TEA, 402, BOB));
    device.answer(HistoryRequest::Newest, page(TEA, 352..=401));
    assert_eq!(device.seqs(), (352..=402).collect::<Vec<_>>());
    assert!(!device.engine.has_newer(TEA));
}

#[test]
fn new_rows_push_the_oldest_out_of_the_window() {
    let mut device = Device::new(vec![summary(TEA, 300, 300)], Some((TEA, page(TEA, 1..=300))));
    device.go_online(vec![summary(TEA, 300, 300)]);
    assert!(!device.engine.has_older(TEA));
    device.receive(text(TEA, 301, BOB));
    assert_eq!(device.seqs(), (2..=301).collect::<Vec<_>>());
    assert!(device.engine.has_older(TEA) && !device.engine.has_newer(TEA));
}

#[test]
fn failed_pages_are_asked_for_again_later_and_missing_rooms_are_not() {
    let mut device = Device::new(vec![summary(TEA, 60, 60)], None);
    device.input(Input::Open(Some(TEA)));
    device.random = 500;
    assert_eq!(fetched(&device.no_answer(HistoryRequest::Newest, ErrorCode::Unavailable)), []);
    assert_eq!(fetched(&device.wait(1_499)), []);
    assert_eq!(fetched(&device.wait(1)), [HistoryRequest::Newest]);
    device.no_answer(HistoryRequest::Newest, ErrorCode::NotFound);
    assert!(!device.engine.is_loading_newest(TEA));
    assert_eq!(device.wait(100_000), []);
}

#[test]
fn an_answer_that_never_comes_is_asked_for_again() {
    let mut device = Device::new(vec![summary(TEA, 60, 60)], None);
    device.input(Input::Open(Some(TEA)));
    assert_eq!(fetched(&device.wait(30_000)), []);
    assert_eq!(fetched(&device.wait(1_000)), [HistoryRequest::Newest]);
    device.answer(HistoryRequest::Newest, page(TEA, 11..=60));
    device.answer(HistoryRequest::Newest, page(TEA, 1..=2));
    assert_eq!(device.seqs().len(), 50, "an answer that nobody waits for is not taken");
}
