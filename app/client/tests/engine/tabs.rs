//! Tabs of one profile: one sends, all show.

use crate::device::{
    Device, ME, TEA, ack, changed, client_id, fetched, messages, nack, page, retry, room, summary, text,
};
use client::{Effect, HistoryRequest, Input, RowState, StorageWrite, View};
use protocol::{ErrorCode, Message};
use testbed::{Disk, saved};

const SENDING: RowState = RowState::Sending;
const SENT: RowState = RowState::Sent;

/// Two tabs online in one room; the first one sends.
struct Tabs {
    first: Device,
    second: Device,
    disk: Disk,
}

impl Tabs {
    fn new() -> Self {
        let mut tabs = Self { first: Device::in_tea(), second: Device::in_tea(), disk: Disk::default() };
        tabs.first(Input::BecomeLeader { rooms: true });
        for input in [Input::BecomeFollower, Input::Restore(tabs.disk.read())] {
            tabs.second(input);
        }
        tabs
    }

    fn first(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.first.input(input);
        relay(&mut self.disk, &effects, &mut self.second);
        effects
    }

    /// Also hands back what the first one sent because of it.
    fn second(&mut self, input: Input) -> Vec<u128> {
        let effects = self.second.input(input);
        assert_eq!(messages(&effects), [], "it does not send");
        let mut sent = Vec::new();
        for changes in saved(&effects) {
            self.disk.write(changes.clone());
            let told = changes.into_iter().filter(StorageWrite::is_shared).collect();
            sent.extend(messages(&self.first(Input::PeerWrites(told))));
        }
        sent
    }

    fn second_sends(&mut self, id: u128) -> Vec<u128> {
        self.second(send(id))
    }
}

fn send(id: u128) -> Input {
    Input::Send { client_id: client_id(id), room_id: TEA, body: "hi".into(), reply_to: None }
}

fn relay(disk: &mut Disk, effects: &[Effect], other: &mut Device) {
    for changes in saved(effects) {
        disk.write(changes.clone());
        let told = changes.into_iter().filter(StorageWrite::is_shared).collect();
        let effects = other.input(Input::PeerWrites(told));
        assert_eq!(saved(&effects), [] as [Vec<_>; 0], "what was heard is no news");
    }
}

#[test]
fn what_is_typed_in_one_tab_is_shown_in_all_and_sent_by_one() {
    let mut tabs = Tabs::new();
    assert_eq!(messages(&tabs.first(send(100))), [100]);
    assert_eq!(tabs.second.ends(1), [(100, SENDING)]);
    assert_eq!(tabs.second_sends(101), [] as [u128; 0]);
    assert_eq!(tabs.first.ends(2), [(100, SENDING), (101, SENDING)]);
    let effects = tabs.first(Input::Frame(ack(100, 11)));
    assert_eq!(messages(&effects), [101]);
    assert_eq!(tabs.second.ends(2), [(100, SENT), (101, SENDING)]);
    tabs.first(Input::Frame(ack(101, 12)));
    assert_eq!(tabs.second.ends(2), [(100, SENT), (101, SENT)]);
    let mine = Message { client_id: client_id(101), body: "hi".into(), ..text(TEA, 12, ME) };
    assert_eq!(changed(&tabs.second.receive(mine)), [], "its own socket tells nothing new");
    assert!(tabs.disk.unsent.is_empty());
}

#[test]
fn refusals_retries_and_discards_are_shared() {
    let mut tabs = Tabs::new();
    tabs.second_sends(100);
    tabs.second_sends(101);
    tabs.first(Input::Frame(nack(100, ErrorCode::Conflict)));
    let failed = RowState::Failed { reason: "No.".into(), retryable: false };
    assert_eq!(tabs.second.ends(2), [(100, failed), (101, SENDING)]);
    tabs.first(Input::Frame(ack(101, 11)));
    assert_eq!(tabs.second(retry(100, 200)), [200]);
    assert_eq!(tabs.first.ends(1), [(200, SENDING)]);
    tabs.first(Input::Frame(nack(200, ErrorCode::Conflict)));
    tabs.second(Input::Discard(client_id(200)));
    assert_eq!((tabs.first.ends(1), tabs.second.ends(1)), (vec![(101, SENT)], vec![(101, SENT)]));
    assert!(tabs.disk.unsent.is_empty());
}

#[test]
fn the_next_one_sends_what_is_left_in_order() {
    let mut tabs = Tabs::new();
    tabs.first(send(100));
    tabs.second_sends(101);
    tabs.first(send(102));
    // The first one's last word is lost with it: the server has the first message.
    tabs.disk.apply(&tabs.first.frame(ack(100, 11)));
    let Tabs { mut second, disk, .. } = tabs;
    let effects = second.input(Input::Restore(disk.read()));
    assert_eq!(changed(&effects), [View::Timeline(TEA), View::Rooms]);
    assert_eq!(second.ends(3), [(100, SENT), (101, SENDING), (102, SENDING)]);
    assert_eq!(messages(&second.input(Input::BecomeLeader { rooms: true })), [101]);
    assert_eq!(messages(&second.frame(ack(101, 12))), [102]);
}

#[test]
fn a_tab_that_lost_its_turn_only_follows() {
    let mut tabs = Tabs::new();
    assert_eq!(messages(&tabs.first(send(100))), [100]);
    // The other tab took the turn: this one did not answer in time.
    let saved_before = tabs.disk.read();
    let Tabs { mut first, mut second, mut disk } = tabs;
    second.input(Input::Restore(saved_before));
    assert_eq!(messages(&second.input(Input::BecomeLeader { rooms: true })), [100], "twice sent is once stored");
    for input in [Input::BecomeFollower, Input::Restore(disk.read())] {
        disk.apply(&first.input(input));
    }
    let effects = second.frame(ack(100, 11));
    relay(&mut disk, &effects, &mut first);
    assert_eq!(first.ends(1), [(100, SENT)]);
    let effects = first.input(send(101));
    assert_eq!(messages(&effects), []);
    relay(&mut disk, &effects, &mut second);
    assert_eq!(saved(&first.receive(text(TEA, 12, 2))), [] as [Vec<_>; 0], "it writes no rooms");
    assert_eq!(second.ends(1), [(101, SENDING)]);
    disk.apply(&first.input(Input::Restore(disk.read())));
    assert_eq!(messages(&first.input(Input::BecomeLeader { rooms: true })), [101], "and may have its turn again");
}

#[test]
fn rooms_are_written_by_one() {
    let mut tabs = Tabs::new();
    let rows = tabs.disk.seqs(TEA);
    let effects = tabs.second.receive(text(TEA, 11, 2));
    assert_eq!(saved(&effects), [] as [Vec<_>; 0]);
    tabs.first.receive(text(TEA, 11, 2));
    assert_eq!(rows.len(), 10);
    tabs.second(Input::Disconnected { code: None });
    let mut disk = tabs.disk.clone();
    disk.apply(&tabs.second.input(Input::Restore(disk.read())));
    disk.apply(&tabs.second.input(Input::BecomeLeader { rooms: true }));
    assert_eq!(disk.seqs(TEA), (1..=11).collect::<Vec<_>>(), "the next one writes what it has more");
    disk.check(&tabs.second.engine, TEA);
    tabs.second.go_online(vec![summary(TEA, 11, 10)]);
}

#[test]
fn what_is_opened_in_any_tab_is_kept() {
    let mut tabs = Tabs::new();
    let rooms = vec![summary(TEA, 10, 10), summary(room(8), 5, 5)];
    for device in [&mut tabs.first, &mut tabs.second] {
        device.input(Input::Disconnected { code: None });
        device.go_online(rooms.clone());
    }
    let effects = tabs.second.input(Input::Open(Some(room(8))));
    let told = saved(&effects).concat();
    assert_eq!(told, [StorageWrite::Opened(room(8))]);
    let effects = tabs.first(Input::PeerWrites(told));
    assert_eq!(fetched(&effects), [HistoryRequest::Newest]);
    let (request, result) = (HistoryRequest::Newest, Ok(page(room(8), 1..=5)));
    tabs.first(Input::History { room_id: room(8), request, generation: 0, result });
    assert_eq!(tabs.disk.seqs(room(8)), [1, 2, 3, 4, 5]);
}
