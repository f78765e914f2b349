//! What a device missed, in batches or from the start; and what becomes of messages that it has.

use crate::device::{
    BOB, Device, ME, TEA, changed, client_id, page, sent, summary, synced, text, texts, user_id, welcome,
};
use client::{Effect, Input, Revision, View};
use protocol::{
    ClientFrame, Cursor, ErrorCode, HistoryPage, Mark, Message, Reaction, Rev, RoomHead, Seq, ServerFrame, UnixMillis,
};
use uuid::Uuid;

fn edited(seq: i64, rev: i64, body: &str) -> Message {
    Message { rev: Rev(rev), body: body.into(), edited_at: Some(UnixMillis(9)), ..text(TEA, seq, BOB) }
}

fn change(device: &mut Device, message: Message) -> Vec<Effect> {
    device.frame(ServerFrame::Changed { message })
}

fn body(device: &Device, seq: i64) -> String {
    let rows = device.rows();
    rows.iter().find(|row| row.message.seq == Seq(seq)).map(|row| row.message.body.clone()).unwrap_or_default()
}

fn hello(effects: &[Effect]) -> (Option<Uuid>, Vec<Cursor>) {
    match sent(effects).as_slice() {
        [ClientFrame::Hello { epoch, cursors, .. }] => (*epoch, cursors.clone()),
        other => panic!("{other:?}"),
    }
}

/// What the device would say in `hello` now.
fn cursor(device: &mut Device) -> Vec<Cursor> {
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    let effects = device.input(Input::Connected);
    hello(&effects).1
}

#[test]
fn a_change_may_come_before_its_message() {
    let mut device = Device::in_tea();
    change(&mut device, edited(11, 1, "new"));
    device.receive(text(TEA, 11, BOB));
    assert_eq!((body(&device, 11).as_str(), device.unread()), ("new", 1));
    change(&mut device, edited(13, 2, "newer"));
    device.receive(text(TEA, 12, BOB));
    device.receive(text(TEA, 13, BOB));
    assert_eq!((body(&device, 13).as_str(), device.seqs().len(), device.unread()), ("newer", 13, 3));
}

#[test]
fn hello_brings_the_first_batch_and_each_is_asked_for_once_the_one_before_is_here() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    assert_eq!(synced(&device.go_online(vec![summary(TEA, 130, 10)])), [0; 0], "the server sends by itself");
    assert_eq!(device.unread(), 120);
    assert_eq!(synced(&device.batch(10, texts(11..=60), true)), [60]);
    assert_eq!(synced(&device.batch(60, texts(61..=110), true)), [110]);
    assert_eq!(synced(&device.batch(110, texts(111..=130), false)), [0; 0]);
    assert_eq!((device.seqs(), device.unread()), ((1..=130).collect::<Vec<_>>(), 120));
}

#[test]
fn what_waited_ahead_of_a_batch_may_lack_its_revisions() {
    let mut device = Device::in_tea();
    texts(60..=70).into_iter().for_each(|message| drop(device.receive(message)));
    device.input(Input::Disconnected { code: None });
    device.go_online(vec![summary(TEA, 100, 10)]);
    // 65 was changed meanwhile, and is not in this batch.
    let (from, to) = ((Seq(10), Rev(0)), (Seq(60), Rev(1)));
    let frame = ServerFrame::Offline { room_id: TEA, from, rows: texts(11..=60), to, more: true };
    let asked = ClientFrame::SyncMore { room_id: TEA, seq: Seq(60), rev: Rev(1) };
    assert_eq!(sent(&device.frame(frame)), [asked], "it waits for the batch that brings it");
    assert_eq!(device.seqs().last(), Some(&60));
    let (from, to) = ((Seq(60), Rev(1)), (Seq(100), Rev(1)));
    let rows = [texts(61..=64), vec![edited(65, 1, "new")], texts(66..=100)].concat();
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows, to, more: false });
    assert_eq!((body(&device, 65).as_str(), cursor(&mut device)), ("new", vec![Cursor(TEA, Seq(100), Rev(1))]));
}

#[test]
fn what_waits_joins_only_after_the_last_batch() {
    let mut device = Device::in_tea();
    texts(14..=16).into_iter().for_each(|message| drop(device.receive(message)));
    // 15 was changed meanwhile. The first batch ends before what waits.
    let batch = |from: (i64, i64), rows: Vec<Message>, to: (i64, i64), more| {
        let (from, to) = ((Seq(from.0), Rev(from.1)), (Seq(to.0), Rev(to.1)));
        ServerFrame::Offline { room_id: TEA, from, rows, to, more }
    };
    device.frame(batch((10, 0), texts(11..=11), (11, 1), true));
    device.frame(batch((11, 1), texts(12..=13), (13, 1), true));
    assert_eq!(device.seqs().last(), Some(&13), "15 as it was is not shown");
    device.frame(batch((13, 1), vec![text(TEA, 14, BOB), edited(15, 1, "new")], (15, 1), true));
    device.frame(batch((15, 1), texts(16..=16), (16, 1), false));
    device.receive(text(TEA, 17, BOB));
    assert_eq!((body(&device, 15).as_str(), device.seqs().len()), ("new", 17));
    assert_eq!(synced(&device.wait(200)), [0; 0]);
}

#[test]
fn a_batch_that_never_comes_is_asked_for_after_a_while() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    device.go_online(vec![summary(TEA, 11, 10)]);
    assert_eq!(synced(&device.wait(29_999)), [0; 0]);
    device.wait(1);
    assert_eq!(synced(&device.wait(1_000)), [10]);
}

#[test]
fn an_error_leads_to_another_try() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    device.go_online(vec![summary(TEA, 11, 10)]);
    let error = ServerFrame::Error { code: ErrorCode::Unavailable, message: "Later.".into(), retryable: true };
    assert_eq!(synced(&device.frame(error)), [0; 0]);
    assert_eq!(synced(&device.wait(1_000)), [10]);
}

#[test]
fn too_much_starts_over_with_the_newest_page() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    device.go_online(vec![summary(TEA, 900, 10)]);
    let room = summary(TEA, 900, 10);
    let frame = ServerFrame::Reset { room, rows: texts(851..=900), to: (Seq(900), Rev(0)) };
    assert_eq!(synced(&device.frame(frame)), [0; 0]);
    assert_eq!((device.seqs(), device.unread()), ((851..=900).collect::<Vec<_>>(), 890));
    assert!(device.engine.has_older(TEA) && !device.engine.has_newer(TEA));
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(900), Rev(0))]);
}

#[test]
fn a_server_that_has_less_than_the_device_is_believed() {
    let mut device = Device::in_tea();
    let frame = ServerFrame::Reset { room: summary(TEA, 4, 4), rows: texts(1..=4), to: (Seq(4), Rev(0)) };
    device.frame(frame);
    assert_eq!(device.seqs(), (1..=4).collect::<Vec<_>>());
    assert_eq!(device.engine.room(TEA).unwrap().last_seq, Seq(4));
    device.receive(text(TEA, 5, BOB));
    assert_eq!((device.seqs(), device.unread()), ((1..=5).collect::<Vec<_>>(), 1));
}

#[test]
fn revisions_change_the_row_and_the_list() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&change(&mut device, edited(4, 1, "four"))), [View::Timeline(TEA)]);
    assert_eq!(changed(&change(&mut device, edited(10, 2, "ten"))), [View::Rooms, View::Timeline(TEA)]);
    assert_eq!(changed(&change(&mut device, edited(10, 2, "ten"))), [], "once");
    assert_eq!((body(&device, 4).as_str(), body(&device, 10).as_str()), ("four", "ten"));
    assert_eq!(device.engine.room(TEA).unwrap().last_message.as_ref().unwrap().body, "ten");
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(10), Rev(2))]);
}

#[test]
fn a_missing_revision_is_asked_for_and_a_late_one_does_no_harm() {
    let mut device = Device::in_tea();
    change(&mut device, edited(4, 3, "later"));
    assert_eq!(body(&device, 4), "later", "what is known is shown");
    assert_eq!(synced(&device.wait(200)), [10]);
    change(&mut device, edited(4, 1, "earlier"));
    assert_eq!(body(&device, 4), "later");
    let rows = vec![edited(5, 2, "five"), edited(4, 3, "later")];
    let frame =
        ServerFrame::Offline { room_id: TEA, from: (Seq(10), Rev(0)), rows, to: (Seq(10), Rev(3)), more: false };
    assert_eq!(synced(&device.frame(frame)), [0; 0]);
    assert_eq!(body(&device, 5), "five");
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(10), Rev(3))]);
}

#[test]
fn what_the_node_lacked_reaches_each_device_as_it_can_use_it() {
    let batch = |from: (i64, i64), rows: Vec<Message>, to: (i64, i64)| ServerFrame::Offline {
        room_id: TEA,
        from: (Seq(from.0), Rev(from.1)),
        rows,
        to: (Seq(to.0), Rev(to.1)),
        more: false,
    };
    let mut device = Device::in_tea();
    device.frame(batch((9, 0), vec![edited(3, 1, "three"), text(TEA, 10, BOB), text(TEA, 11, BOB)], (11, 1)));
    assert_eq!((body(&device, 3).as_str(), device.seqs().len()), ("three", 11));
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(11), Rev(1))]);

    let mut device = Device::in_tea();
    device.frame(batch((12, 5), vec![text(TEA, 13, BOB)], (13, 6)));
    assert_eq!(device.seqs().len(), 10, "two more are missing");
    assert_eq!(synced(&device.wait(200)), [10]);
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(10), Rev(0))]);
}

#[test]
fn a_page_from_before_a_revision_is_made_up_for() {
    let rooms = vec![summary(TEA, 100, 100)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 51..=100))));
    device.go_online(rooms);
    device.input(Input::LoadOlder(TEA));
    change(&mut device, edited(20, 1, "twenty"));
    device.answer(client::HistoryRequest::Before(Seq(51)), page(TEA, 1..=50));
    assert_eq!(synced(&device.wait(200)), [100]);
    let rows = vec![edited(20, 1, "twenty")];
    let (from, to) = ((Seq(100), Rev(0)), (Seq(100), Rev(1)));
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows, to, more: false });
    assert_eq!(body(&device, 20), "twenty");
}

#[test]
fn another_life_of_the_database_forgets_cursors() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    let effects = device.input(Input::Connected);
    assert_eq!(hello(&effects).0, Some(Uuid::from_u128(99)));
    let ServerFrame::Welcome { protocol, rooms, gone, server_time, .. } = welcome(vec![summary(TEA, 2, 2)]) else {
        panic!()
    };
    let epoch = Uuid::nil();
    let effects =
        device.frame(ServerFrame::Welcome { protocol, epoch, rooms, more: false, gone, people_rev: None, server_time });
    assert_eq!(crate::device::fetched(&effects), [client::HistoryRequest::Newest]);
    assert_eq!(device.rows(), []);
}

#[test]
fn a_change_is_shown_at_once_and_confirmed_by_its_row() {
    let mut device = Device::in_tea();
    let mine = Message { sender_id: crate::device::user_id(ME), ..text(TEA, 11, BOB) };
    device.receive(mine.clone());
    let revise = |id: u128, revision| Input::Revise { client_id: client_id(id), room_id: TEA, seq: Seq(11), revision };
    let effects = device.input(revise(500, Revision::Edit("better".into())));
    let frame = ClientFrame::Edit { client_id: client_id(500), room_id: TEA, seq: Seq(11), body: "better".into() };
    assert_eq!((sent(&effects), changed(&effects)), (vec![frame.clone()], vec![View::Timeline(TEA)]));
    assert_eq!((body(&device, 11).as_str(), device.rows()[10].revising), ("better", true));
    device.input(Input::Disconnected { code: None });
    let effects = device.go_online(vec![summary(TEA, 11, 11)]);
    assert!(sent(&effects).contains(&frame), "sent again on the next connection");
    let created_at = UnixMillis(0);
    let ack = ServerFrame::Ack { client_id: client_id(500), room_id: TEA, seq: Seq(11), rev: Rev(1), created_at };
    device.frame(ack);
    assert_eq!((body(&device, 11).as_str(), device.rows()[10].revising), ("better", true), "its row is to come");
    let row = Message { rev: Rev(1), body: "better".into(), ..mine.clone() };
    device.frame(ServerFrame::Changed { message: row });
    assert_eq!((body(&device, 11).as_str(), device.rows()[10].revising), ("better", false));

    device.input(revise(501, Revision::React { emoji: "\u{1f44d}".into(), on: true }));
    let reactions = vec![Reaction { emoji: "\u{1f44d}".into(), users: vec![crate::device::user_id(ME)] }];
    assert_eq!(device.rows()[10].message.reactions, reactions);
    device.input(revise(502, Revision::Delete));
    assert!(device.rows()[10].message.deleted_at.is_some(), "one after another, all shown");
    let nack = |id| ServerFrame::Nack {
        client_id: client_id(id),
        code: ErrorCode::Forbidden,
        message: "No.".into(),
        retryable: false,
        retry_after_ms: None,
    };
    let effects = device.frame(nack(501));
    assert!(effects.contains(&Effect::Refused("No.".into())), "{effects:?}");
    assert_eq!(sent(&effects).len(), 1, "the next one leaves");
    device.frame(nack(502));
    assert_eq!(device.rows()[10].message, Message { rev: Rev(1), body: "better".into(), ..mine });
}

#[test]
fn a_page_tells_how_far_its_revisions_are() {
    let page = HistoryPage { rev: Rev(7), ..page(TEA, 1..=10) };
    let mut device = Device::new(vec![summary(TEA, 10, 10)], Some((TEA, page)));
    device.input(Input::ConnectNow);
    let effects = device.input(Input::Connected);
    assert_eq!(hello(&effects).1, [Cursor(TEA, Seq(10), Rev(7))]);
    let rooms = vec![protocol::RoomSummary { last_rev: Rev(7), ..summary(TEA, 10, 10) }];
    device.frame(welcome(rooms));
    assert_eq!(synced(&device.wait(60_000)), [0; 0]);
    device.frame(ServerFrame::Heads { rooms: vec![RoomHead(TEA, Seq(10), Rev(8))] });
    assert_eq!(synced(&device.wait(200)), [10]);
}

#[test]
fn rows_that_are_counted_once_more_are_not_taken_for_revised() {
    let mut device = Device::new(vec![summary(TEA, 60, 10)], Some((TEA, page(TEA, 31..=60))));
    device.go_online(vec![summary(TEA, 60, 10)]);
    // Read elsewhere, up to a row that is not here: the rows after it are fetched and counted once more.
    let marks = vec![Mark(user_id(ME), Seq(60), Seq(20))];
    device.frame(ServerFrame::Status { room_id: TEA, marks });
    // Row 50 was revised meanwhile. The first batch does not reach it.
    let (from, to) = ((Seq(20), Rev(0)), (Seq(30), Rev(1)));
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows: texts(21..=30), to, more: true });
    // A summary makes the count complete before the other batches come.
    device.frame(ServerFrame::RoomChanged { room: summary(TEA, 60, 20) });
    assert_eq!(cursor(&mut device), [Cursor(TEA, Seq(60), Rev(0))]);
}
