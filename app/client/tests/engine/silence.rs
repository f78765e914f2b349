//! Links that go silent without a close: noticed in time, said in words, and tried again soon.

use crate::device::{Device, TEA, changed, messages, summary, welcome};
use client::{ConnectionState, Effect, Input, View};
use protocol::limits::IDLE_TIMEOUT_MS;
use protocol::{ClientFrame, CloseCode, ServerFrame};

fn pings(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| **effect == Effect::Transmit(ClientFrame::Ping {})).count()
}

fn waiting(device: &Device) -> Option<u64> {
    match device.engine.connection() {
        ConnectionState::Waiting { retry_at } => Some(retry_at - device.now),
        _ => None,
    }
}

/// Lets attempts pass that get no answer, for so long. When each began.
fn attempts(device: &mut Device, ms: u64) -> Vec<u64> {
    let (mut began, end) = (Vec::new(), device.now + ms);
    while device.now < end {
        if device.wait(100).contains(&Effect::Connect) {
            began.push(device.now);
        }
    }
    began
}

#[test]
fn a_silent_connection_is_lost_after_a_while_and_another_one_is_opened_at_once() {
    let mut device = Device::in_tea();
    device.pass(IDLE_TIMEOUT_MS - 1);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    let effects = device.wait(1);
    assert!(effects.contains(&Effect::Connect) && changed(&effects).contains(&View::Connection));
    assert_eq!(device.engine.connection(), ConnectionState::Connecting);
}

#[test]
fn any_frame_shows_that_the_server_is_there() {
    let mut device = Device::in_tea();
    for frame in [ServerFrame::Heartbeat {}, ServerFrame::SyncDone {}] {
        device.pass(IDLE_TIMEOUT_MS - 1);
        device.frame(frame);
    }
    device.pass(IDLE_TIMEOUT_MS - 1);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
}

#[test]
fn who_comes_back_to_the_page_asks_and_waits_five_seconds() {
    for input in [Input::ConnectNow, Input::Resumed] {
        let mut device = Device::in_tea();
        device.wait(1_000);
        assert_eq!(pings(&device.input(input.clone())), 1);
        assert_eq!(pings(&device.input(input)), 0, "asked already");
        assert!(!device.wait(4_999).contains(&Effect::Connect));
        assert!(device.wait(1).contains(&Effect::Connect));
    }
}

#[test]
fn an_answer_to_the_question_leaves_the_connection_as_it_is() {
    let mut device = Device::in_tea();
    device.input(Input::Resumed);
    device.frame(ServerFrame::Heartbeat {});
    device.pass(IDLE_TIMEOUT_MS - 1);
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    assert!(device.wait(1).contains(&Effect::Connect));
}

#[test]
fn a_timer_that_is_very_late_asks_before_it_gives_up() {
    let mut device = Device::in_tea();
    let effects = device.wait(IDLE_TIMEOUT_MS + 60_000);
    assert_eq!((pings(&effects), device.engine.connection()), (1, ConnectionState::Online));
    // What came while the device slept is handed on.
    assert_eq!(pings(&device.frame(ServerFrame::Heartbeat {})), 0, "once");
    assert_eq!(device.engine.connection(), ConnectionState::Online);
    device.wait(60_000);
    assert!(device.wait(5_000).contains(&Effect::Connect), "no answer");
}

#[test]
fn a_clock_on_the_wall_that_jumped_says_that_the_device_slept() {
    let mut device = Device::in_tea();
    device.wall += 10_001;
    assert_eq!(pings(&device.input(Input::Open(Some(TEA)))), 1);
    device.frame(ServerFrame::Heartbeat {});
    device.wall += 10_000;
    assert_eq!(pings(&device.input(Input::Open(Some(TEA)))), 0);
    device.wall -= 3_600_000;
    assert_eq!(pings(&device.input(Input::Open(Some(TEA)))), 0, "it was put right");
}

#[test]
fn attempts_without_an_answer_are_at_most_eight_seconds_apart_while_somebody_looks() {
    for random in [0, 2_999, u64::MAX] {
        let mut device = Device::in_tea();
        device.random = random;
        device.pass(IDLE_TIMEOUT_MS);
        let began = attempts(&mut device, 100_000);
        assert!(began.windows(2).all(|pair| pair[1] - pair[0] <= 8_100), "{began:?}");
        assert!(began.windows(2).all(|pair| pair[1] - pair[0] >= 5_500), "{began:?}");
    }
}

#[test]
fn an_open_socket_without_any_frame_is_such_an_attempt() {
    let mut device = Device::in_tea();
    device.random = u64::MAX;
    device.pass(IDLE_TIMEOUT_MS);
    for _ in 0..10 {
        device.wait(1_000);
        assert_eq!(pings(&device.input(Input::Connected)), 1, "answered before `welcome`");
        device.wait(5_000);
        let wait = waiting(&device).unwrap();
        assert!((500..=3_000).contains(&wait), "{wait}");
        assert!(device.wait(wait).contains(&Effect::Connect));
    }
}

#[test]
fn hidden_pages_and_refused_attempts_back_off_for_longer() {
    let mut device = Device::in_tea();
    device.input(Input::Away(true));
    device.pass(IDLE_TIMEOUT_MS);
    let mut longest = 0;
    for seed in 0..100 {
        device.random = seed * 7_919;
        device.pass(10_000);
        longest = longest.max(waiting(&device).unwrap());
        device.input(Input::Resumed);
    }
    assert!((15_000..=30_000).contains(&longest), "{longest}");
    let mut device = Device::in_tea();
    let mut longest = 0;
    for seed in 0..100 {
        device.random = seed * 7_919;
        device.input(Input::Disconnected { code: None });
        longest = longest.max(waiting(&device).unwrap());
        device.input(Input::ConnectNow);
    }
    assert!((15_000..=30_000).contains(&longest), "{longest}");
}

#[test]
fn a_server_that_is_there_but_does_not_welcome_is_left_alone_for_a_while() {
    let mut device = Device::new(Vec::new(), None);
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(ServerFrame::Heartbeat {});
    device.pass(25_000);
    device.frame(ServerFrame::Heartbeat {});
    assert!(waiting(&device).is_none());
    device.pass(15_000);
    assert!(waiting(&device).is_some(), "heartbeats are no welcome");
}

#[test]
fn the_network_that_is_back_replaces_an_attempt_of_before() {
    let mut device = Device::in_tea();
    device.pass(IDLE_TIMEOUT_MS);
    device.wait(1_999);
    assert!(!device.input(Input::Resumed).contains(&Effect::Connect), "that one may have got through");
    device.wait(1);
    assert!(device.input(Input::Resumed).contains(&Effect::Connect));
    device.input(Input::Connected);
    assert!(!device.frame(welcome(vec![summary(TEA, 10, 10)])).contains(&Effect::Connect));
    assert_eq!(device.engine.connection(), ConnectionState::Online);
}

#[test]
fn only_the_person_tries_again_what_the_server_refused_for_good() {
    let mut device = Device::in_tea();
    device.input(Input::Disconnected { code: Some(CloseCode::ProtocolError.code()) });
    assert!(!device.input(Input::Resumed).contains(&Effect::Connect));
    assert!(device.input(Input::ConnectNow).contains(&Effect::Connect));
}

#[test]
fn a_silent_server_that_said_goodbye_is_stayed_away_from() {
    let mut device = Device::in_tea();
    device.frame(ServerFrame::GoAway { retry_after_ms: 1_234 });
    assert!(!device.pass(IDLE_TIMEOUT_MS).contains(&Effect::Connect));
    assert_eq!(waiting(&device), Some(1_234));
}

#[test]
fn what_was_sent_on_a_silent_link_is_sent_again() {
    let mut device = Device::in_tea();
    device.wait(1_000);
    device.input(Input::Resumed);
    device.send(100, "hi");
    device.wait(5_000);
    device.input(Input::Connected);
    assert_eq!(messages(&device.frame(welcome(vec![summary(TEA, 10, 10)]))), [100]);
}
