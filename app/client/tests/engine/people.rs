//! Names come from the map of people, which follows the server.

use crate::device::{BOB, Device, ME, TEA, changed, page, summary, text, texts, user, user_id, welcome};
use client::{Effect, Engine, Input, View};
use protocol::{ClientFrame, Message, Person, RoomSummary, ServerFrame, UserId};
use testbed::Disk;
use uuid::Uuid;

fn person(id: u128, rev: i64, name: &str) -> Person {
    Person { id: user_id(id), rev, username: format!("user{id}"), display_name: name.into() }
}

fn welcome_at(rooms: Vec<RoomSummary>, rev: i64) -> ServerFrame {
    let mut welcome = welcome(rooms);
    let ServerFrame::Welcome { people_rev, .. } = &mut welcome else { panic!() };
    *people_rev = Some(rev);
    welcome
}

/// What the server was asked of people.
fn asked(effects: &[Effect]) -> Vec<(i64, Vec<UserId>)> {
    let question = |effect: &Effect| match effect {
        Effect::Transmit(ClientFrame::PeopleGet { since, ids }) => Some((*since, ids.clone())),
        _ => None,
    };
    effects.iter().filter_map(question).collect()
}

fn connect(device: &mut Device, rev: i64) -> Vec<Effect> {
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(welcome_at(vec![summary(TEA, 10, 10)], rev))
}

/// Online, with the names of all who are shown.
fn in_tea() -> Device {
    let mut device = Device::new(vec![summary(TEA, 10, 10)], Some((TEA, page(TEA, 1..=10))));
    assert_eq!(asked(&connect(&mut device, 4)), [(-1, vec![user_id(ME), user_id(BOB)])]);
    let people = vec![person(ME, 0, "User 1"), person(BOB, 3, "User 2")];
    assert_eq!(changed(&device.frame(ServerFrame::People { people, rev: 4 })), [View::People], "hints said the same");
    device
}

fn senders(device: &Device) -> Vec<String> {
    let mut names: Vec<String> = device.rows().into_iter().map(|row| row.message.sender_name).collect();
    names.dedup();
    names
}

#[test]
fn a_new_name_is_shown_in_rows_rooms_and_signals() {
    let mut device = in_tea();
    device.frame(ServerFrame::TypingStart { room_id: TEA, user_id: user_id(BOB), name: "User 2".into() });
    let effects = device.frame(ServerFrame::PersonChanged { person: person(BOB, 5, "Robert") });
    let views = changed(&effects);
    assert!([View::Rooms, View::Timeline(TEA), View::Awareness, View::People].iter().all(|view| views.contains(view)));
    assert_eq!(senders(&device), ["Robert"]);
    assert_eq!(device.engine.typing(TEA), ["Robert"]);
    assert_eq!(device.engine.rooms()[0].last_message.as_ref().unwrap().sender_name, "Robert");
    // A row that was read before the change, and an earlier name that comes late.
    device.receive(text(TEA, 11, BOB));
    device.frame(ServerFrame::PersonChanged { person: person(BOB, 2, "Bobby") });
    assert_eq!(senders(&device), ["Robert"]);
}

#[test]
fn a_device_that_was_away_asks_for_what_changed() {
    let mut disk = Disk::default();
    let mut device = in_tea();
    disk.apply(&device.input(Input::BecomeLeader { rooms: true }));
    disk.apply(&device.frame(ServerFrame::PersonChanged { person: person(BOB, 5, "Robert") }));
    assert_eq!((disk.people.len(), disk.people_rev), (2, 5));
    let rooms = vec![summary(TEA, 10, 10)];
    device.engine = Engine::new(user(ME), rooms.clone(), Some((TEA, page(TEA, 1..=10))));
    for input in [Input::BecomeFollower, Input::Restore(disk.read()), Input::BecomeLeader { rooms: true }] {
        disk.apply(&device.input(input));
    }
    assert_eq!(senders(&device), ["Robert"], "before any connection");
    assert_eq!(asked(&connect(&mut device, 8)), [(5, vec![user_id(ME), user_id(BOB)])]);
    // It is told of a change while the answer is on its way.
    device.frame(ServerFrame::PersonChanged { person: person(ME, 9, "Me") });
    let answer = ServerFrame::People { people: vec![person(BOB, 7, "Bobby")], rev: 8 };
    disk.apply(&device.frame(answer));
    assert_eq!((senders(&device), disk.people_rev), (vec!["Bobby".to_owned()], 8));
    device.input(Input::Disconnected { code: None });
    assert_eq!(asked(&connect(&mut device, 9)), [(8, vec![user_id(ME), user_id(BOB)])]);
}

#[test]
fn a_change_that_comes_before_the_welcome_hides_no_earlier_one() {
    let mut device = in_tea();
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    device.frame(ServerFrame::PersonChanged { person: person(ME, 6, "Me") });
    // Bob's change to 5 was sent while nobody listened.
    let welcomed = device.frame(welcome_at(vec![summary(TEA, 10, 10)], 6));
    assert_eq!(asked(&welcomed), [(4, vec![user_id(ME), user_id(BOB)])]);
}

#[test]
fn names_that_are_restored_after_a_change_are_asked_for() {
    let carol = user_id(77);
    let mut disk = Disk::default();
    disk.people.insert(carol, person(77, 0, "Carol"));
    let mut device = in_tea();
    (disk.people_rev, disk.epoch) = (4, device.engine.epoch());
    // The screen does not show her, and what the storage has of her has not come.
    device.frame(ServerFrame::PersonChanged { person: person(77, 5, "Caroline") });
    device.input(Input::BecomeFollower);
    let restored = device.input(Input::Restore(disk.read()));
    assert_eq!(asked(&restored), [(4, vec![user_id(ME), user_id(BOB), carol])]);
}

#[test]
fn an_answer_that_never_comes_is_asked_for_again() {
    let mut device = Device::new(vec![summary(TEA, 10, 10)], Some((TEA, page(TEA, 1..=10))));
    let question = asked(&connect(&mut device, 0));
    assert_eq!(question.len(), 1);
    assert_eq!(asked(&device.wait(1_000)), []);
    assert_eq!(asked(&device.wait(15_000)), question);
}

#[test]
fn many_people_are_asked_for_in_parts_and_those_who_are_unknown_once() {
    let mut device = in_tea();
    let by = |(index, row): (usize, Message)| Message { sender_id: user_id(1_000 + index as u128), ..row };
    let rows: Vec<_> = texts(11..=310).into_iter().enumerate().map(by).collect();
    let mut ids = 0;
    for batch in rows.chunks(50) {
        let effects = device.batch(batch[0].seq.0 - 1, batch.to_vec(), false);
        ids += asked(&effects).iter().map(|(_, ids)| ids.len()).sum::<usize>();
    }
    while let [(-1, more)] = asked(&device.frame(ServerFrame::People { people: Vec::new(), rev: 4 })).as_slice() {
        ids += more.len();
    }
    assert_eq!(ids, 300, "each of them once");
    assert_eq!(asked(&device.receive(text(TEA, 311, BOB))), []);
}

#[test]
fn names_of_another_epoch_are_asked_for_anew() {
    let mut device = in_tea();
    device.input(Input::Disconnected { code: None });
    device.input(Input::ConnectNow);
    device.input(Input::Connected);
    let mut other = welcome_at(vec![summary(TEA, 10, 10)], 1);
    let ServerFrame::Welcome { epoch, .. } = &mut other else { panic!() };
    *epoch = Uuid::from_u128(98);
    assert_eq!(asked(&device.frame(other)), [(-1, vec![user_id(ME), user_id(BOB)])]);
}
