//! Typing and presence: what is told, to whom, and when it ends by itself.

use crate::device::{BOB, Device, ME, TEA, changed, room, summary, text, user, user_id};
use client::{Effect, Input, View};
use protocol::limits::{TYPING_INTERVAL_MS, TYPING_TIMEOUT_MS};
use protocol::{ClientFrame, Presence, PresenceState, RoomKind, RoomSummary, ServerFrame, UnixMillis, UserId};

fn awareness(effects: &[Effect]) -> Vec<ClientFrame> {
    let is_awareness = |frame: &ClientFrame| {
        matches!(frame, ClientFrame::Focus { .. } | ClientFrame::TypingStart { .. } | ClientFrame::TypingStop { .. })
    };
    let frame = |effect: &Effect| match effect {
        Effect::Transmit(frame) => Some(frame.clone()),
        _ => None,
    };
    effects.iter().filter_map(frame).filter(is_awareness).collect()
}

fn types(device: &mut Device, typing: bool) -> Vec<ClientFrame> {
    awareness(&device.input(Input::Typing { room_id: TEA, typing }))
}

fn bob_types(device: &mut Device) -> Vec<Effect> {
    device.frame(ServerFrame::TypingStart { room_id: TEA, user_id: user_id(BOB), name: "Bob".into() })
}

#[test]
fn typing_is_told_now_and_then_and_ends_with_an_empty_field() {
    let mut device = Device::in_tea();
    assert_eq!(types(&mut device, true), [ClientFrame::TypingStart { room_id: TEA }]);
    device.wait(TYPING_INTERVAL_MS - 1);
    assert_eq!(types(&mut device, true), []);
    device.wait(1);
    assert_eq!(types(&mut device, true), [ClientFrame::TypingStart { room_id: TEA }]);
    assert_eq!(types(&mut device, false), [ClientFrame::TypingStop { room_id: TEA }]);
    assert_eq!(types(&mut device, false), []);
    types(&mut device, true);
    device.send(100, "hi");
    assert_eq!(types(&mut device, false), [], "the message says it");
    device.input(Input::Disconnected { code: None });
    assert_eq!(types(&mut device, true), [], "nobody would hear it");
}

#[test]
fn others_stop_typing_by_themselves_or_with_what_they_wrote() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&bob_types(&mut device)), [View::Awareness]);
    assert_eq!(device.engine.typing(TEA), ["Bob"]);
    device.wait(TYPING_INTERVAL_MS);
    bob_types(&mut device);
    device.wait(TYPING_TIMEOUT_MS - 1);
    assert_eq!(device.engine.typing(TEA), ["Bob"], "he went on");
    assert_eq!(changed(&device.wait(1)), [View::Awareness]);
    assert!(device.engine.typing(TEA).is_empty());

    bob_types(&mut device);
    device.receive(text(TEA, 11, BOB));
    assert!(device.engine.typing(TEA).is_empty(), "there it is");
    bob_types(&mut device);
    device.frame(ServerFrame::TypingStop { room_id: TEA, user_id: user_id(BOB) });
    assert!(device.engine.typing(TEA).is_empty());
    device.frame(ServerFrame::TypingStart { room_id: TEA, user_id: user_id(ME), name: "Me".into() });
    assert!(device.engine.typing(TEA).is_empty(), "on another device of mine");
}

#[test]
fn the_server_is_told_what_is_shown_whenever_that_differs() {
    let mut device = Device::in_tea();
    let bob = user_id(BOB);
    let with_bob = RoomSummary { kind: RoomKind::Direct, other: Some(user(BOB)), ..summary(room(8), 0, 0) };
    let focus = |users: &[UserId], away| ClientFrame::Focus { room_id: Some(TEA), users: users.to_vec(), away };
    assert_eq!(awareness(&device.input(Input::Room(with_bob))), [focus(&[bob], false)]);
    assert_eq!(awareness(&device.input(Input::Wake)), []);
    assert_eq!(awareness(&device.input(Input::Away(true))), [focus(&[bob], true)]);
    assert_eq!(device.engine.presence(bob), None);
    let users = vec![Presence(bob, PresenceState::Away, UnixMillis(5))];
    assert_eq!(changed(&device.frame(ServerFrame::Presence { users })), [View::Awareness]);
    assert_eq!(device.engine.presence(bob), Some((PresenceState::Away, UnixMillis(5))));
    device.input(Input::Disconnected { code: None });
    let online = device.go_online(vec![summary(TEA, 10, 10)]);
    assert_eq!(awareness(&online), [focus(&[], true)], "a new connection knows nothing, and the room with Bob is gone");
}
