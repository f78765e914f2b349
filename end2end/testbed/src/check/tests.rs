//! The checker is not blind: each sort of difference is found, and nothing where there is none.

use super::*;
use crate::Sent;
use protocol::{Rev, UserId};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const ADA: UserId = UserId(Uuid::from_u128(2));
const BOB: UserId = UserId(Uuid::from_u128(3));

fn id(number: i64) -> ClientId {
    ClientId(Uuid::from_u128(100 + u128::from(number.unsigned_abs())))
}

/// Ada wrote all of these; Bob has read the first two.
fn truth(numbers: std::ops::RangeInclusive<i64>) -> Truth {
    let row = |number| Row {
        room_id: ROOM,
        seq: Seq(number),
        sender_id: ADA,
        client_id: id(number),
        rev: Rev(0),
        body: format!("message {number}"),
        is_text: true,
    };
    let last = Seq(*numbers.end());
    let edits = [(ADA, id(50))].into();
    Truth {
        rooms: [(ROOM, numbers.map(row).collect())].into(),
        heads: [(ROOM, last)].into(),
        edits,
        read: [((ROOM, BOB), Seq(2))].into(),
    }
}

fn ada(numbers: &[i64]) -> Picture {
    let sent = |number: &i64| Sent { client_id: id(*number), room_id: ROOM, body: format!("message {number}") };
    Picture {
        user: ADA,
        name: "ada".into(),
        sent: numbers.iter().map(sent).collect(),
        edited: vec![id(50)],
        acknowledged: numbers.iter().map(|number| (id(*number), (ROOM, Seq(*number)))).collect(),
        rooms: Vec::new(),
    }
}

fn bob(numbers: &[i64], unread: i64) -> Picture {
    let row = |number: &i64| ShownRow {
        seq: Seq(*number),
        client_id: id(*number),
        rev: Rev(0),
        body: format!("message {number}"),
    };
    let rooms = vec![Shown { room: ROOM, rows: numbers.iter().map(row).collect(), unread }];
    let (sent, edited) = (Vec::new(), Vec::new());
    Picture { user: BOB, name: "bob".into(), sent, edited, acknowledged: HashMap::new(), rooms }
}

/// Missing, doubled, out of order, gaps, stale, unread.
fn counts(truth: &Truth, device: Picture) -> [usize; 6] {
    let found = compare(truth, &[device]);
    let counts = [found.missing, found.doubled, found.out_of_order, found.gaps, found.stale, found.unread];
    assert_eq!(found.is_clean(), counts == [0; 6]);
    counts
}

#[test]
fn what_is_right_is_clean() {
    assert!(compare(&truth(1..=5), &[ada(&[1, 2, 3, 4, 5]), bob(&[1, 2, 3, 4, 5], 3), bob(&[4, 5], 3)]).is_clean());
}

#[test]
fn a_promise_that_is_not_kept_is_missing() {
    assert_eq!(counts(&truth(1..=5), ada(&[1, 6])), [1, 0, 0, 0, 0, 0]);
    let mut elsewhere = ada(&[1]);
    elsewhere.acknowledged.insert(id(1), (ROOM, Seq(2)));
    assert_eq!(counts(&truth(1..=5), elsewhere), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn an_overtaken_message_is_out_of_order() {
    assert_eq!(counts(&truth(1..=5), ada(&[1, 3, 2])), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn screens_are_held_against_what_is_stored() {
    let truth = truth(1..=5);
    assert_eq!(counts(&truth, bob(&[1, 2, 3], 3)), [2, 0, 0, 0, 0, 0], "the end");
    assert_eq!(counts(&truth, bob(&[3, 4, 4, 5], 3)), [0, 1, 1, 0, 0, 0], "a row twice");
    assert_eq!(counts(&truth, bob(&[3, 5], 3)), [0, 0, 0, 1, 0, 0], "a gap");
    assert_eq!(counts(&truth, bob(&[4, 5], 2)), [0, 0, 0, 0, 0, 1], "the count");
    let blank = Picture { rooms: Vec::new(), ..bob(&[], 0) };
    assert_eq!(counts(&truth, blank), [1, 0, 0, 0, 0, 0], "a whole room");
    let mut other = bob(&[4, 5], 3);
    other.rooms[0].rows[0].client_id = id(9);
    assert_eq!(counts(&truth, other), [1, 0, 0, 0, 0, 0], "another message");
}

#[test]
fn revisions_are_held_against_what_is_stored() {
    let mut edited = ada(&[]);
    edited.edited.push(id(51));
    assert_eq!(counts(&truth(1..=5), edited), [1, 0, 0, 0, 0, 0], "an edit that is not stored");
    let mut earlier = truth(1..=5);
    earlier.rooms.entry(ROOM).or_default()[4].rev = Rev(1);
    assert_eq!(counts(&earlier, bob(&[4, 5], 3)), [0, 0, 0, 0, 1, 0], "a row as it was before");
}

#[test]
fn the_database_is_held_against_itself() {
    assert_eq!(counts(&truth(2..=3), ada(&[])), [0, 0, 0, 2, 0, 0], "a gap at the front");
    let mut behind = truth(1..=3);
    behind.heads.insert(ROOM, Seq(4));
    assert_eq!(counts(&behind, ada(&[])), [0, 0, 0, 1, 0, 0], "a head without its message");
    let mut twice = truth(1..=3);
    twice.rooms.entry(ROOM).or_default()[2].body = "message 1".into();
    assert_eq!(counts(&twice, ada(&[])), [0, 1, 0, 0, 0, 0], "a text twice");
}
