//! A page beside a later server: what it cannot read is counted and skipped, and leaves nothing stuck.

use crate::device::{BOB, Device, TEA, changed, fact, page, sent, summary, synced, text};
use client::{ConnectionState, Effect, Input};
use protocol::{
    ClientFrame, ErrorCode, HistoryPage, Incoming, Message, MessageKind, PROTOCOL_VERSION, Rev, RoomHead, Seq,
    ServerFrame, SystemEvent,
};
use testbed::Disk;

fn later_text(seq: i64) -> Message {
    Message { kind: MessageKind::Unknown, body: String::new(), ..text(TEA, seq, BOB) }
}

#[test]
fn rows_of_a_later_version_are_rows() {
    let mut device = Device::in_tea();
    device.receive(later_text(11));
    device.receive(fact(TEA, 12, BOB, SystemEvent::Unknown));
    device.receive(text(TEA, 13, BOB));
    assert_eq!((device.seqs().len(), device.unread()), (13, 1), "they are not counted, as the server does not");
    assert_eq!(synced(&device.wait(200)), [0; 0]);
}

#[test]
fn an_unreadable_frame_leaves_a_gap_that_is_filled() {
    let mut device = Device::in_tea();
    let unreadable = |head| Input::Unreadable { kind: "message:changed", head };
    assert_eq!(changed(&device.input(unreadable(None))), []);
    assert_eq!(changed(&device.input(unreadable(Some(RoomHead(TEA, Seq(4), Rev(1)))))), []);
    assert_eq!(device.engine.skipped(), 2);
    assert_eq!(synced(&device.wait(200)), [10], "nothing else has to come for that");
    let row = Message { rev: Rev(1), ..later_text(4) };
    let (from, to) = ((Seq(10), Rev(0)), (Seq(10), Rev(1)));
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows: vec![row], to, more: false });
    device.receive(text(TEA, 11, BOB));
    assert_eq!((device.seqs().len(), synced(&device.wait(30_000))), (11, vec![]));
}

#[test]
fn an_unreadable_frame_is_reported_once_per_kind_and_connection() {
    let report = |kind: &str| vec![ClientFrame::Unreadable { kind: kind.to_owned() }];
    let unreadable = |kind| Input::Unreadable { kind, head: None };
    let mut device = Device::in_tea();
    assert_eq!(sent(&device.input(unreadable("message:new"))), report("message:new"));
    assert_eq!(sent(&device.input(unreadable("message:new"))), []);
    assert_eq!(sent(&device.input(unreadable("unknown"))), report("unknown"));
    // The answer of a server that does not know the report.
    let (code, message) = (ErrorCode::Invalid, String::new());
    assert_eq!(sent(&device.frame(ServerFrame::Error { code, message, retryable: false })), []);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    device.input(Input::Disconnected { code: None });
    assert_eq!(sent(&device.input(unreadable("message:new"))), [], "there is no connection");
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    assert_eq!(
        sent(&device.input(unreadable("message:new"))),
        [],
        "an `error` would end a connection without `welcome`"
    );
    assert_eq!(sent(&device.input(unreadable("welcome"))), report("welcome"), "nothing else will come");
    device.go_online(vec![summary(TEA, 10, 10)]);
    assert_eq!(sent(&device.input(unreadable("message:new"))), report("message:new"));
}

#[test]
fn a_later_welcome_asks_for_a_reload_and_the_next_page_sends_what_is_unsent() {
    let mut disk = Disk::default();
    let mut device = Device::in_tea();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    device.input(Input::Disconnected { code: None });
    disk.apply(&device.send(100, "hi"));
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let later = format!(r#"{{"type":"welcome","data":{{"protocol":{},"rooms":7}}}}"#, PROTOCOL_VERSION + 1);
    let effects = device.input(Incoming::read(&later).into());
    disk.apply(&effects);
    assert!(effects.contains(&Effect::Reload), "{effects:?}");
    assert_eq!(device.engine.connection(), ConnectionState::Waiting { retry_at: u64::MAX });
    assert_eq!((device.rows().len(), disk.unsent.len()), (11, 1));

    let rooms = vec![summary(TEA, 10, 10)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 1..=10))));
    device.input(Input::BecomeFollower);
    device.input(Input::Restore(disk.read()));
    device.input(Input::BecomeLeader { rooms: true });
    let effects = device.go_online(rooms);
    assert!(sent(&effects).iter().any(|frame| matches!(frame, ClientFrame::Send { body, .. } if body == "hi")));
}

#[test]
fn what_an_earlier_page_kept_without_reading_it_is_fetched_anew() {
    let mut disk = Disk::default();
    let mut device = Device::in_tea();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    disk.apply(&device.receive(later_text(11)));
    disk.apply(&device.receive(text(TEA, 12, BOB)));
    assert_eq!(disk.seqs(TEA).len(), 12);

    let mut device = Device::new(vec![summary(TEA, 12, 12)], None);
    device.input(Input::BecomeFollower);
    device.input(Input::Restore(disk.read()));
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    assert_eq!(device.seqs(), [12], "what stands before it would have a gap");
    device.go_online(vec![summary(TEA, 12, 12)]);
    disk.apply(&device.input(Input::LoadOlder(TEA)));
    let messages = (1..=11).map(|seq| text(TEA, seq, BOB)).collect();
    let older = HistoryPage { messages, next_cursor: None, rev: Rev(0) };
    disk.apply(&device.answer(client::HistoryRequest::Before(Seq(12)), older));
    assert_eq!(device.seqs().len(), 12);
    disk.check(&device.engine, TEA);
}

#[test]
fn what_an_earlier_page_took_is_sent_without_control_characters() {
    let mut disk = Disk::default();
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    disk.apply(&device.send(100, "a\u{1}b"));
    let rooms = vec![summary(TEA, 10, 10)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 1..=10))));
    for input in [Input::BecomeFollower, Input::Restore(disk.read()), Input::BecomeLeader { rooms: true }] {
        device.input(input);
    }
    let effects = device.go_online(rooms);
    assert!(sent(&effects).iter().any(|frame| matches!(frame, ClientFrame::Send { body, .. } if body == "ab")));
    assert_eq!(device.rows().last().map(|row| row.message.body.as_str()), Some("ab"), "shown is what others get");
}
