//! How batches are cut.

use super::*;
use protocol::{ClientId, Message, MessageKind, UnixMillis};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn row(seq: i64, rev: i64) -> Message {
    Message {
        room_id: ROOM,
        seq: Seq(seq),
        rev: Rev(rev),
        sender_id: UserId(Uuid::from_u128(2)),
        sender_name: "Ada".into(),
        client_id: ClientId(Uuid::from_u128(seq as u128)),
        kind: MessageKind::Text,
        body: "tea".into(),
        event: None,
        reply_to: None,
        created_at: UnixMillis(1),
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
    }
}

fn cut(from: (i64, i64), rows: Vec<Message>, head: (i64, i64)) -> ((i64, i64), bool) {
    let more = rows.len() as i64 >= BATCH_ROWS;
    let rows = Rows { messages: rows, last_seq: Seq(head.0), last_rev: Rev(head.1), more };
    let ServerFrame::Offline { to, more, .. } = batch(ROOM, (Seq(from.0), Rev(from.1)), rows) else { panic!() };
    ((to.0.0, to.1.0), more)
}

#[test]
fn one_batch_with_everything_leads_to_the_head() {
    assert_eq!(cut((5, 2), vec![], (5, 2)), ((5, 2), false));
    assert_eq!(cut((5, 2), vec![row(3, 4), row(6, 3), row(7, 0)], (7, 4)), ((7, 4), false));
    assert_eq!(cut((5, 2), vec![row(3, 3), row(1, 4)], (5, 4)), ((5, 4), false));
}

#[test]
fn a_full_batch_of_revisions_goes_on_with_revisions() {
    let rows = (1..=BATCH_ROWS).map(|n| row(n, n)).collect();
    assert_eq!(cut((60, 0), rows, (70, 55)), ((60, 50), true));
}

#[test]
fn a_full_batch_of_new_rows_has_all_revisions_of_what_came_before() {
    let rows = [row(2, 9)].into_iter().chain((11..11 + BATCH_ROWS - 1).map(|seq| row(seq, 0))).collect();
    assert_eq!(cut((10, 3), rows, (100, 9)), ((59, 9), true));
}

#[test]
fn what_is_too_far_or_from_another_time_starts_over() {
    let head = |seq, rev| Rows { messages: Vec::new(), last_seq: Seq(seq), last_rev: Rev(rev), more: false };
    assert!(!is_too_far(&head(500, 0), (Seq(0), Rev(0))));
    assert!(is_too_far(&head(500, 1), (Seq(0), Rev(0))));
    assert!(is_too_far(&head(5, 1), (Seq(6), Rev(1))));
    assert!(is_too_far(&head(5, 1), (Seq(5), Rev(2))));
    assert!(!is_too_far(&head(5, 900), (Seq(5), Rev(i64::MAX))));
}
