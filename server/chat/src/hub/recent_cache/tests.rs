//! What is kept, for how long, and when it is not enough.

use super::*;
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

const fn at(seq: i64, rev: i64) -> Moment {
    (Seq(seq), Rev(rev))
}

fn frame(number: i64) -> Frame {
    Frame::of_text(&number.to_string())
}

/// A room of which these messages went out one by one after a moment.
fn recent(moment: Moment, numbers: std::ops::RangeInclusive<i64>) -> RecentCache {
    let mut recent = RecentCache::default();
    recent.learn(ROOM, moment);
    record(&mut recent, ROOM, numbers);
    recent
}

fn record(recent: &mut RecentCache, room: RoomId, numbers: std::ops::RangeInclusive<i64>) {
    numbers.for_each(|number| recent.sent(room, Seq(number), &[frame(number)]));
}

fn after(recent: &RecentCache, cursor: Moment, head: Moment) -> Option<Vec<i64>> {
    let frames = recent.after(ROOM, cursor, head)?;
    Some(frames.iter().map(|frame| frame.text().parse().unwrap()).collect())
}

#[test]
fn what_follows_a_cursor_is_known_as_far_back_as_it_is_kept() {
    let recent = recent(at(10, 3), 11..=14);
    assert_eq!(after(&recent, at(12, 3), at(14, 3)), Some(vec![13, 14]));
    assert_eq!(after(&recent, at(10, 3), at(14, 3)), Some(vec![11, 12, 13, 14]));
    assert_eq!(after(&recent, at(9, 3), at(14, 3)), None, "before anything that is kept");
    assert_eq!(after(&recent, at(12, 2), at(14, 3)), None, "a revision behind");
    assert_eq!(after(&recent, at(12, 3), at(15, 3)), None, "the room is further");
    assert_eq!(after(&recent, at(15, 3), at(14, 3)), None, "the device is further");
    assert_eq!(after(&recent, at(14, 3), at(14, 3)), None, "nothing follows");
}

#[test]
fn a_revision_makes_the_room_forget_until_the_database_told_of_a_moment_after_it() {
    let mut recent = recent(at(10, 3), 11..=12);
    recent.revised(ROOM, Rev(4));
    // It may be this one that was revised: it was only slower.
    record(&mut recent, ROOM, 13..=13);
    assert_eq!(after(&recent, at(12, 4), at(13, 4)), None);
    recent.learn(ROOM, at(13, 4));
    record(&mut recent, ROOM, 14..=15);
    assert_eq!(after(&recent, at(12, 4), at(15, 4)), None);
    assert_eq!(after(&recent, at(13, 4), at(15, 4)), Some(vec![14, 15]));
    // The database knows a revision that has not gone out here: what is older than that moment may be another.
    recent.learn(ROOM, at(14, 5));
    assert_eq!(after(&recent, at(13, 4), at(15, 4)), None);
    recent.revised(ROOM, Rev(5));
    assert_eq!(after(&recent, at(14, 5), at(15, 5)), Some(vec![15]), "it touches nothing after the moment");
    recent.learn(ROOM, at(13, 4));
    assert_eq!(after(&recent, at(14, 5), at(15, 5)), Some(vec![15]), "an answer that was slower says nothing");
}

#[test]
fn a_gap_begins_anew_and_rows_from_the_database_fill_in() {
    let mut recent = recent(at(10, 0), 11..=12);
    recent.sent(ROOM, Seq(16), &[frame(15), frame(16)]);
    assert_eq!(after(&recent, at(12, 0), at(16, 0)), None);
    assert_eq!(after(&recent, at(14, 0), at(16, 0)), Some(vec![15, 16]));
    recent.fill(ROOM, at(16, 2), vec![frame(14), frame(15), frame(16)]);
    record(&mut recent, ROOM, 17..=17);
    assert_eq!(after(&recent, at(13, 2), at(17, 2)), Some(vec![14, 15, 16, 17]));
}

#[test]
fn a_room_keeps_so_much_and_all_rooms_together_so_much() {
    let rows = i64::try_from(ROOM_ROWS).unwrap();
    let mut recent = recent(at(0, 0), 1..=rows + 5);
    assert_eq!(after(&recent, at(4, 0), at(rows + 5, 0)), None);
    assert_eq!(after(&recent, at(5, 0), at(rows + 5, 0)).unwrap().len(), ROOM_ROWS);
    let long = Frame::of_text(&"x".repeat(ROOM_BYTES / 4));
    for number in rows + 6..=rows + 15 {
        recent.sent(ROOM, Seq(number), std::slice::from_ref(&long));
    }
    assert_eq!(recent.rooms[&ROOM].rows.len(), 4);

    for number in 2..2_000 {
        let room = RoomId(Uuid::from_u128(number));
        recent.learn(room, at(0, 0));
        for number in 1..=10 {
            recent.sent(room, Seq(number), std::slice::from_ref(&long));
        }
        assert!(recent.bytes <= NODE_BYTES && recent.order.len() <= NODE_ROWS);
    }
    assert!(recent.rooms[&ROOM].rows.is_empty(), "the oldest go first");
    let held: usize = recent.rooms.values().map(|room| room.bytes).sum();
    assert!(held == recent.bytes && held > NODE_BYTES / 2, "{held}");
    (1..2_000).for_each(|number| recent.evict(RoomId(Uuid::from_u128(number))));
    assert_eq!((recent.bytes, recent.rooms.len()), (0, 0));
}
