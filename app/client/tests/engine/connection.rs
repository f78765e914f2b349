//! Connecting, waiting, and what each close means.

use crate::device::{Device, TEA, changed, page, room, sent, summary, welcome};
use client::{ConnectionState, Effect, Input, View};
use protocol::{ClientFrame, CloseCode, Cursor, PROTOCOL_VERSION, Rev, Seq, ServerFrame, UnixMillis};
use uuid::Uuid;

fn waiting(device: &Device) -> u64 {
    match device.engine.connection() {
        ConnectionState::Waiting { retry_at } => retry_at - device.now,
        state => panic!("{state:?}"),
    }
}

fn close(device: &mut Device, code: CloseCode) -> Vec<Effect> {
    device.input(Input::Disconnected { code: Some(code.code()) })
}

#[test]
fn hello_follows_the_socket_and_welcome_makes_it_online() {
    let rooms = vec![summary(TEA, 10, 8), summary(room(8), 3, 3)];
    let mut device = Device::new(rooms.clone(), Some((TEA, page(TEA, 1..=10))));
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
    assert!(device.input(Input::ConnectNow).contains(&Effect::Connect));
    assert!(!device.input(Input::ConnectNow).contains(&Effect::Connect), "one at a time");
    // Of the other room the device holds no rows.
    let cursors = vec![Cursor(TEA, Seq(10), Rev(0))];
    let hello = ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors };
    assert_eq!(sent(&device.input(Input::Connected)), [hello]);
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
    assert_eq!(changed(&device.frame(welcome(rooms))), [View::Connection]);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
}

#[test]
fn waits_grow_with_failures_and_shrink_after_a_minute_of_health_only() {
    let mut device = Device::in_tea();
    device.random = 700;
    assert!(changed(&device.input(Input::Disconnected { code: None })).contains(&View::Connection));
    assert_eq!(waiting(&device), 1_200);
    assert_eq!(device.input(Input::Disconnected { code: None }), [], "that is known");
    assert!(!device.wait(1_199).contains(&Effect::Connect));
    assert!(device.wait(1).contains(&Effect::Connect));
    device.random = 3_000;
    device.input(Input::Disconnected { code: None });
    assert_eq!(waiting(&device), 3_500);
    device.go_online(vec![summary(TEA, 10, 10)]);
    device.stay_online(59_999);
    device.random = 9_000;
    device.input(Input::Disconnected { code: None });
    assert_eq!(waiting(&device), 9_500);
    device.go_online(vec![summary(TEA, 10, 10)]);
    device.stay_online(60_000);
    device.random = 1_000;
    device.input(Input::Disconnected { code: None });
    assert_eq!(waiting(&device), 1_500, "between the base and three times the base");
}

#[test]
fn connect_now_ends_the_wait() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: None });
    assert!(device.input(Input::ConnectNow).contains(&Effect::Connect));
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
}

#[test]
fn a_revoked_session_is_the_end() {
    let mut device = Device::in_tea();
    assert!(close(&mut device, CloseCode::SessionRevoked).contains(&Effect::SignedOut));
    assert_eq!(device.engine.connection(), ConnectionState::SignedOut);
    assert_eq!(device.input(Input::ConnectNow), []);
    device.now += 100_000;
    assert_eq!(device.input(Input::Wake), []);
}

#[test]
fn every_close_code_is_obeyed() {
    let others = [CloseCode::SessionRevoked, CloseCode::TooManySockets];
    for code in CloseCode::ALL.into_iter().filter(|code| !others.contains(code)) {
        let mut device = Device::in_tea();
        let effects = close(&mut device, code);
        assert_eq!(effects.contains(&Effect::Reload), !code.should_reconnect(), "{code:?}");
        assert_eq!(device.wait(60_000).contains(&Effect::Connect), code.should_reconnect(), "{code:?}");
    }
}

#[test]
fn a_parked_page_waits_until_it_is_looked_at_or_somebody_writes() {
    let parked = || {
        let mut device = Device::in_tea();
        let effects = close(&mut device, CloseCode::TooManySockets);
        assert!(!effects.contains(&Effect::Reload) && changed(&effects).contains(&View::Connection));
        assert_eq!(device.engine.connection(), ConnectionState::Parked);
        assert!(!device.pass(600_000).contains(&Effect::Connect), "not by itself");
        assert!(!device.input(Input::Resumed).contains(&Effect::Connect), "nor because of the network");
        device
    };
    assert!(parked().input(Input::ConnectNow).contains(&Effect::Connect));
    let mut device = parked();
    assert!(device.send(100, "hi").contains(&Effect::Connect));
    device.input(Input::Connected);
    assert_eq!(crate::device::messages(&device.frame(welcome(vec![summary(TEA, 10, 10)]))), [100]);
}

#[test]
fn goaway_says_how_long_to_stay_away() {
    let mut device = Device::in_tea();
    device.random = 77;
    device.frame(ServerFrame::GoAway { retry_after_ms: 1_234 });
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    close(&mut device, CloseCode::GoingAway);
    assert_eq!(waiting(&device), 1_234);
    device.wait(1_234);
    device.input(Input::Disconnected { code: None });
    assert_eq!(waiting(&device), 577, "a planned close is no failure, and counts once");
}

#[test]
fn a_socket_without_welcome_is_given_up() {
    let mut device = Device::new(Vec::new(), None);
    let effects = device.input(Input::ConnectNow);
    assert_eq!(effects, [Effect::Connect, Effect::WakeAt(device.now + 5_000)]);
    device.input(Input::Connected);
    device.frame(ServerFrame::Heartbeat {});
    device.pass(39_999);
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
    device.wait(1);
    assert_eq!(waiting(&device), 500);
    assert_eq!(device.frame(welcome(Vec::new())), [], "what the old socket still says is not heard");
    assert!(device.wait(500).contains(&Effect::Connect));
}

#[test]
fn an_error_instead_of_welcome_is_no_connection() {
    let mut device = Device::new(Vec::new(), None);
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let error = protocol::ApiError { code: protocol::ErrorCode::Unavailable, message: "Later.".into() };
    device.frame(ServerFrame::error(error.clone()));
    assert_eq!(waiting(&device), 500);
    device.go_online(Vec::new());
    device.frame(ServerFrame::error(error));
    assert_eq!(device.engine.connection(), ConnectionState::Online);
}

#[test]
fn a_later_protocol_asks_for_a_reload() {
    let mut device = Device::new(Vec::new(), None);
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let (protocol, epoch) = (PROTOCOL_VERSION + 1, Uuid::nil());
    let (rooms, more, gone, server_time) = (vec![], false, vec![], UnixMillis(0));
    let welcome = ServerFrame::Welcome { protocol, epoch, rooms, more, gone, people_rev: None, server_time };
    assert!(device.frame(welcome).contains(&Effect::Reload));
    assert_eq!(device.engine.connection(), ConnectionState::Waiting { retry_at: u64::MAX });
    assert_eq!(device.receive(crate::device::text(TEA, 1, 2)), [], "nothing that it says is taken");
}

#[test]
fn waking_early_does_no_harm_and_asks_again() {
    let mut device = Device::new(Vec::new(), None);
    device.input(Input::ConnectNow);
    let until = device.now + 5_000;
    assert_eq!(device.wait(10), [Effect::WakeAt(until)]);
    assert_eq!(device.wait(10), [Effect::WakeAt(until)]);
}
