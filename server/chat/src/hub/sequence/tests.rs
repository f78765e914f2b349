//! Loss, doubling and reordering, one frame at a time.

use super::*;

struct Room {
    sequence: Sequence,
    now: Instant,
}

impl Room {
    fn new() -> Self {
        Self { sequence: Sequence::default(), now: Instant::now() }
    }

    fn message(&mut self, number: i64) -> Vec<String> {
        let frame = Frame::of_text(&format!("m{number}"));
        texts(self.sequence.offer(StreamPosition::Message(Seq(number)), &frame, self.now))
    }

    fn revision(&mut self, number: i64) -> Vec<String> {
        let frame = Frame::of_text(&format!("r{number}"));
        texts(self.sequence.offer(StreamPosition::Revision(Rev(number)), &frame, self.now))
    }
}

fn texts(frames: Vec<Frame>) -> Vec<String> {
    frames.iter().map(|frame| frame.text().to_owned()).collect()
}

#[test]
fn frames_leave_in_the_order_of_their_numbers_and_once() {
    let mut room = Room::new();
    assert_eq!(room.message(7), ["m7"], "the first one that is heard begins");
    assert_eq!(room.message(9), [""; 0]);
    assert_eq!(room.message(9), [""; 0]);
    assert_eq!(room.message(8), ["m8", "m9"]);
    assert_eq!(room.message(8), [""; 0]);
    assert_eq!(room.revision(3), ["r3"], "revisions have an order of their own");
    assert_eq!(room.revision(5), [""; 0]);
    assert_eq!(room.message(10), ["m10"]);
    assert_eq!(room.revision(4), ["r4", "r5"]);
}

#[test]
fn a_gap_is_told_after_a_while_and_closed_from_the_store() {
    let mut room = Room::new();
    room.sequence.learn((Seq(7), Rev(2)), room.now);
    assert_eq!(room.message(10), [""; 0]);
    assert!(room.sequence.has_gap());
    assert_eq!(room.sequence.gap(REORDER_TIMEOUT, room.now), None);
    room.now += REORDER_TIMEOUT;
    assert_eq!(room.sequence.gap(REORDER_TIMEOUT, room.now), Some((Seq(7), Rev(2))));
    let rest = room.sequence.reach((Seq(9), Rev(2)), room.now);
    assert_eq!(texts(rest), ["m10"]);
    assert!(!room.sequence.has_gap());
    assert_eq!(room.sequence.head(), Some((Seq(10), Rev(2))));
}

#[test]
fn a_lost_last_message_is_noticed_by_the_stores_head() {
    let mut room = Room::new();
    assert_eq!(room.message(7), ["m7"]);
    assert!(!room.sequence.learn((Seq(7), Rev(0)), room.now));
    assert!(room.sequence.learn((Seq(8), Rev(0)), room.now));
    assert_eq!(room.message(8), ["m8"], "a straggler");
    assert!(!room.sequence.has_gap());
    assert!(room.sequence.learn((Seq(8), Rev(1)), room.now));
    room.sequence.reach((Seq(8), Rev(1)), room.now);
    assert!(!room.sequence.has_gap());
}

#[test]
fn what_waits_is_bounded_and_read_from_the_store_instead() {
    let mut room = Room::new();
    room.message(1);
    for number in 3..=2_000 {
        assert_eq!(room.message(number), [""; 0]);
    }
    let rest = room.sequence.reach((Seq(2), Rev(0)), room.now);
    assert_eq!(rest.len(), REORDER_MAX);
    assert_eq!(room.sequence.head(), Some((Seq(2 + REORDER_MAX as i64), Rev(0))));
    assert!(room.sequence.has_gap(), "the rest is still to come");
}
