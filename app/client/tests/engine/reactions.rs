//! Reactions come as what differs, and are applied only where everything before them is here.

use crate::device::{BOB, Device, TEA, changed, synced, text, texts, user_id};
use client::{Effect, View};
use protocol::{Message, Reaction, Rev, Seq, ServerFrame, UnixMillis};

const THUMB: &str = "\u{1f44d}";

fn react(device: &mut Device, seq: i64, rev: i64, on: bool) -> Vec<Effect> {
    let (room_id, user_id, emoji) = (TEA, user_id(BOB), THUMB.to_owned());
    device.frame(ServerFrame::Reacted { room_id, seq: Seq(seq), rev: Rev(rev), user_id, emoji, on })
}

fn row(device: &Device, seq: i64) -> Message {
    let row = device.rows().into_iter().find(|row| row.message.seq == Seq(seq));
    row.expect("it is on the screen").message
}

fn thumb() -> Vec<Reaction> {
    vec![Reaction { emoji: THUMB.into(), users: vec![user_id(BOB)] }]
}

#[test]
fn the_next_revision_is_applied_once() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&react(&mut device, 4, 1, true)), [View::Timeline(TEA)]);
    assert_eq!((row(&device, 4).reactions, row(&device, 4).rev), (thumb(), Rev(1)));
    assert_eq!(changed(&react(&mut device, 4, 1, true)), [], "it is known");
    react(&mut device, 10, 2, true);
    let last = device.engine.room(TEA).unwrap().last_message.clone().unwrap();
    assert_eq!((last.rev, last.reactions), (Rev(2), vec![]), "a preview has no reactions");
    react(&mut device, 4, 3, false);
    assert_eq!((row(&device, 4).reactions, row(&device, 4).rev), (vec![], Rev(3)));
    assert_eq!(synced(&device.wait(200)), [0; 0], "nothing is missing");
}

#[test]
fn after_a_gap_the_row_is_asked_for() {
    let mut device = Device::in_tea();
    assert_eq!(changed(&react(&mut device, 4, 2, true)), [], "the row may have been edited before");
    assert_eq!(synced(&device.wait(200)), [10]);
    let edited = Message { rev: Rev(2), body: "new".into(), reactions: thumb(), ..text(TEA, 4, BOB) };
    let (from, to) = ((Seq(10), Rev(0)), (Seq(10), Rev(2)));
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows: vec![edited.clone()], to, more: false });
    assert_eq!(row(&device, 4), edited);
}

#[test]
fn a_reaction_that_overtook_its_message_is_not_lost() {
    let mut device = Device::in_tea();
    react(&mut device, 11, 1, true);
    device.receive(text(TEA, 11, BOB));
    assert_eq!(row(&device, 11).reactions, []);
    assert_eq!(synced(&device.wait(200)), [11], "the revision is missing");
    let reacted = Message { rev: Rev(1), reactions: thumb(), ..text(TEA, 11, BOB) };
    let (from, to) = ((Seq(11), Rev(0)), (Seq(11), Rev(1)));
    device.frame(ServerFrame::Offline { room_id: TEA, from, rows: vec![reacted.clone()], to, more: false });
    assert_eq!(row(&device, 11), reacted);
}

#[test]
fn what_waits_ahead_of_a_gap_is_reacted_to() {
    let mut device = Device::in_tea();
    device.receive(text(TEA, 12, BOB));
    react(&mut device, 12, 1, true);
    device.receive(text(TEA, 11, BOB));
    assert_eq!((row(&device, 12).reactions, row(&device, 12).rev), (thumb(), Rev(1)));
}

#[test]
fn a_row_that_is_known_in_a_later_state_stays_as_it_is() {
    let mut device = Device::in_tea();
    let later = Message { rev: Rev(2), edited_at: Some(UnixMillis(9)), ..text(TEA, 4, BOB) };
    device.frame(ServerFrame::Changed { message: later.clone() });
    react(&mut device, 4, 1, true);
    assert_eq!(row(&device, 4), later);
    texts(11..=11).into_iter().for_each(|message| drop(device.receive(message)));
    assert_eq!(synced(&device.wait(200)), [11], "2 came before 1, so what is between is asked for");
}
