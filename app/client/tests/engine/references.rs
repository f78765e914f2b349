//! References to message numbers after the database was restored from a backup: a number may mean another message then.

use crate::device::{Device, ME, TEA, client_id, messages, page, sent, summary, user, welcome};
use client::{Effect, Engine, Input, Revision, StorageWrite, Unsent, Wish};
use protocol::{ClientFrame, RoomSummary, Seq, ServerFrame};
use testbed::{Disk, saved};
use uuid::Uuid;

/// The epoch that [`welcome`] names, and the one of the restored database.
const BEFORE: Uuid = Uuid::from_u128(99);
const AFTER: Uuid = Uuid::from_u128(98);

fn rooms() -> Vec<RoomSummary> {
    vec![summary(TEA, 10, 10)]
}

fn reply(id: u128, to: i64) -> Input {
    Input::Send { client_id: client_id(id), room_id: TEA, body: "yes".into(), reply_to: Some(Seq(to)) }
}

fn edit(id: u128, seq: i64) -> Input {
    Input::Revise { client_id: client_id(id), room_id: TEA, seq: Seq(seq), revision: Revision::Edit("no".into()) }
}

/// A device whose page was rendered from a database of this epoch, with what an earlier page kept.
fn page_of(epoch: Uuid, disk: &mut Disk) -> Device {
    let mut device = Device::new(rooms(), Some((TEA, page(TEA, 1..=10))));
    device.engine = Engine::new(user(ME), rooms(), Some((TEA, page(TEA, 1..=10)))).of_epoch(Some(epoch));
    for input in [Input::BecomeFollower, Input::Restore(disk.read()), Input::BecomeLeader { rooms: true }] {
        disk.apply(&device.input(input));
    }
    device
}

/// Connects to a database of this epoch.
fn connect(device: &mut Device, epoch: Uuid) -> Vec<Effect> {
    let ServerFrame::Welcome { protocol, gone, server_time, .. } = welcome(Vec::new()) else { panic!() };
    let mut effects = device.input(Input::ConnectNow);
    effects.extend(device.input(Input::Connected));
    effects.extend(device.frame(ServerFrame::Welcome {
        protocol,
        epoch,
        rooms: rooms(),
        more: false,
        gone,
        people_rev: None,
        server_time,
    }));
    effects
}

/// The references of what was sent to the server.
fn replies(effects: &[Effect]) -> Vec<Option<Seq>> {
    let reply_to = |frame| match frame {
        ClientFrame::Send { reply_to, .. } => Some(reply_to),
        _ => None,
    };
    sent(effects).into_iter().filter_map(reply_to).collect()
}

/// The references of what is kept.
fn kept(disk: &Disk) -> Vec<Option<Seq>> {
    let reply_to = |unsent: &Unsent| match unsent.wish {
        Wish::Send { reply_to, .. } => reply_to,
        Wish::Revise { seq, .. } => Some(seq),
    };
    disk.unsent.values().map(reply_to).collect()
}

#[test]
fn a_message_that_a_restored_database_lost_comes_before_what_was_typed_since() {
    let mut disk = Disk::default();
    let typed = |id| Input::Send { client_id: client_id(id), room_id: TEA, body: "hi".into(), reply_to: None };
    disk.apply(&page_of(BEFORE, &mut Disk::default()).input(typed(100)));
    // The acknowledgement got lost with the page, and the next one is rendered with the row.
    let mut rendered = page(TEA, 1..=10);
    let row = rendered.messages.last_mut().unwrap();
    (row.client_id, row.sender_id) = (client_id(100), user(ME).id);
    let mut device = Device::new(rooms(), None);
    device.engine = Engine::new(user(ME), rooms(), Some((TEA, rendered))).of_epoch(Some(BEFORE));
    for input in [Input::BecomeFollower, Input::Restore(disk.read()), Input::BecomeLeader { rooms: true }, typed(50)] {
        device.input(input);
    }
    let first = sent(&connect(&mut device, AFTER)).into_iter().find_map(|frame| match frame {
        ClientFrame::Send { client_id, .. } => Some(client_id),
        _ => None,
    });
    assert_eq!(first, Some(client_id(100)));
}

#[test]
fn a_reply_that_waits_keeps_its_reference_in_the_same_epoch() {
    let mut disk = Disk::default();
    let mut device = page_of(BEFORE, &mut disk);
    disk.apply(&device.input(reply(100, 5)));
    assert_eq!(replies(&connect(&mut device, BEFORE)), [Some(Seq(5))]);
    let mut device = page_of(BEFORE, &mut disk);
    assert_eq!(replies(&connect(&mut device, BEFORE)), [Some(Seq(5))]);
}

#[test]
fn a_reply_is_sent_without_its_reference_after_a_restore() {
    let mut disk = Disk::default();
    let mut device = page_of(BEFORE, &mut disk);
    connect(&mut device, BEFORE);
    device.input(Input::Disconnected { code: None });
    disk.apply(&device.input(reply(100, 5)));
    assert_eq!(kept(&disk), [Some(Seq(5))]);
    let effects = connect(&mut device, AFTER);
    disk.apply(&effects);
    assert_eq!((replies(&effects), kept(&disk)), (vec![None], vec![None]));
    assert_eq!(device.rows().last().unwrap().message.reply_to, None);
    // What is written from now on is of the new epoch.
    disk.apply(&device.input(reply(101, 5)));
    device.input(Input::Disconnected { code: None });
    assert_eq!(replies(&connect(&mut device, AFTER)), [None]);
    assert_eq!(kept(&disk), [None, Some(Seq(5))]);
}

#[test]
fn a_kept_reply_of_another_epoch_loses_its_reference_and_a_kept_edit_is_dropped() {
    let mut disk = Disk::default();
    let mut device = page_of(BEFORE, &mut disk);
    disk.apply(&device.input(reply(100, 5)));
    disk.apply(&device.input(edit(101, 5)));
    // The page was rendered after the restore: nothing in it is of the epoch before.
    let mut device = page_of(AFTER, &mut disk);
    let effects = connect(&mut device, AFTER);
    disk.apply(&effects);
    assert_eq!((replies(&effects), sent(&effects).len()), (vec![None], 2), "`hello` and the message");
    assert_eq!(kept(&disk), [None]);
}

#[test]
fn a_record_without_an_epoch_is_of_the_epoch_of_the_rooms_beside_it() {
    let mut disk = Disk::default();
    let mut device = page_of(BEFORE, &mut disk);
    connect(&mut device, BEFORE);
    device.input(Input::Disconnected { code: None });
    disk.apply(&device.input(reply(100, 5)));
    for unsent in disk.unsent.values_mut() {
        unsent.epoch = None;
    }
    disk.epoch = Some(BEFORE);
    let mut device = page_of(AFTER, &mut disk);
    assert_eq!(replies(&connect(&mut device, AFTER)), [None]);
}

#[test]
fn a_reply_of_a_tab_that_does_not_know_of_the_restore_is_sent_without_its_reference() {
    let mut disk = Disk::default();
    let (mut first, mut second) = (page_of(AFTER, &mut disk), page_of(BEFORE, &mut Disk::default()));
    for input in [Input::BecomeFollower, Input::Restore(disk.read())] {
        second.input(input);
    }
    connect(&mut first, AFTER);
    let tell = |effects: &[Effect], other: &mut Device| {
        let changes = saved(effects).into_iter().flatten().filter(StorageWrite::is_shared).collect();
        other.input(Input::PeerWrites(changes))
    };
    let typed = second.input(reply(100, 5));
    let effects = tell(&typed, &mut first);
    assert_eq!((messages(&effects), replies(&effects)), (vec![100], vec![None]));
    tell(&effects, &mut second);
    assert_eq!(second.rows().last().unwrap().message.reply_to, None, "both tabs show the same");
    let edited = second.input(edit(101, 5));
    let effects = tell(&edited, &mut first);
    assert_eq!(sent(&effects), []);
    tell(&effects, &mut second);
    assert!(second.rows().iter().all(|row| !row.revising), "both tabs have dropped it");
}
