//! A room of three: what goes wrong is found, and nothing else.

use super::*;

fn room_of_three() -> DeliveryLog {
    let mut delivery_log = DeliveryLog::new([3].into_iter());
    for view in 0..3 {
        assert_eq!(delivery_log.held(view), None);
        delivery_log.record(view, &Received::Welcome { head: 1, epoch: Some(Uuid::nil()) }, 0);
    }
    delivery_log.turn_page(0);
    delivery_log
}

/// The message of this number is sent, acknowledged, and has come to these views with its order.
fn send(delivery_log: &mut DeliveryLog, order: u64, views: &[usize]) -> u32 {
    let number = delivery_log.plan(0, 100);
    assert_eq!(delivery_log.handed_over(number, 0, 110), 100);
    delivery_log.record(0, &Received::Ack(number), 300);
    for view in views {
        delivery_log.record(*view, &Received::Delivery { number, order }, 400);
    }
    number
}

#[test]
fn a_message_that_all_have_is_whole() {
    let mut delivery_log = room_of_three();
    send(&mut delivery_log, 2, &[0, 1, 2]);
    send(&mut delivery_log, 3, &[2, 1, 0]);
    assert!(delivery_log.is_at_rest());
    let tally = delivery_log.turn_page(500);
    assert!(tally.is_whole(true), "{tally:?}");
    assert_eq!((tally.due, tally.acknowledged, tally.delivered()), (2, 2, 6));
    assert_eq!(tally.deliveries.max().as_micros(), 300, "counted from when it was due");
    assert_eq!(tally.acks.max().as_micros(), 200);
    assert_eq!(tally.lags.max().as_micros(), 10);
}

#[test]
fn what_a_member_did_not_get_is_lost() {
    let mut delivery_log = room_of_three();
    send(&mut delivery_log, 2, &[0, 1]);
    assert!(!delivery_log.is_at_rest());
    assert_eq!(delivery_log.turn_page(500).lost, 1);
    assert_eq!(delivery_log.turn_page(600).lost, 0, "once");
}

#[test]
fn what_was_not_acknowledged_is_not_whole_and_not_lost() {
    let mut delivery_log = room_of_three();
    delivery_log.plan(0, 100);
    assert!(!delivery_log.is_at_rest());
    let tally = delivery_log.turn_page(500);
    assert_eq!(tally.lost, 0);
    assert!(!tally.is_whole(true));
}

#[test]
fn a_delivery_before_its_acknowledgement_counts() {
    let mut delivery_log = room_of_three();
    let number = delivery_log.plan(0, 100);
    for view in 0..3 {
        delivery_log.record(view, &Received::Delivery { number, order: 2 }, 200);
    }
    delivery_log.record(0, &Received::Ack(number), 300);
    delivery_log.record(0, &Received::Ack(number), 310);
    assert!(delivery_log.is_at_rest());
    assert!(delivery_log.turn_page(500).is_whole(true));
}

#[test]
fn doubled_and_disordered_are_told_apart() {
    let mut delivery_log = room_of_three();
    let first = send(&mut delivery_log, 2, &[0, 1]);
    let second = send(&mut delivery_log, 3, &[0, 1, 2]);
    delivery_log.record(1, &Received::Delivery { number: second, order: 3 }, 500);
    delivery_log.record(2, &Received::Delivery { number: first, order: 2 }, 500);
    let tally = delivery_log.turn_page(600);
    assert_eq!((tally.lost, tally.doubled, tally.disordered), (0, 1, 1));
}

#[test]
fn a_gap_is_asked_for_once_and_filled() {
    let mut delivery_log = room_of_three();
    let first = send(&mut delivery_log, 2, &[0, 1]);
    let second = delivery_log.plan(0, 100);
    let live = Received::Delivery { number: second, order: 3 };
    assert_eq!(delivery_log.record(2, &live, 400), Some(1), "from its cursor");
    assert_eq!(delivery_log.record(2, &Received::Head(3), 400), None, "the answer is on its way");
    let missed = Received::Missed { numbers: vec![first, second], to: 3, more: false };
    assert_eq!(delivery_log.record(2, &missed, 500), None);
    assert_eq!(delivery_log.record(2, &Received::Head(3), 500), None);
    assert_eq!(delivery_log.turn_page(600).lost, 0);
}

#[test]
fn who_comes_back_says_how_far_it_was_and_has_resumed_when_it_has_the_rest() {
    let mut delivery_log = room_of_three();
    delivery_log.closed(2);
    let number = send(&mut delivery_log, 2, &[0, 1]);
    assert_eq!(delivery_log.held(2), Some((1, Uuid::nil())));
    delivery_log.record(2, &Received::Welcome { head: 2, epoch: Some(Uuid::nil()) }, 500);
    assert_eq!(delivery_log.online(), 2, "it is still behind");
    delivery_log.record(2, &Received::Missed { numbers: vec![number], to: 2, more: false }, 600);
    delivery_log.record(2, &Received::Delivery { number, order: 2 }, 650);
    assert_eq!(delivery_log.online(), 3);
    let tally = delivery_log.turn_page(700);
    assert_eq!((tally.closed, tally.resumed), (1, 1));
    assert_eq!((tally.deliveries.count(), tally.disturbed.count()), (2, 1));
    assert!(tally.is_whole(true), "what was replayed may come live once more: {tally:?}");
}

#[test]
fn nobody_waits_for_who_does_not_read() {
    let mut delivery_log = room_of_three();
    delivery_log.deafen(1);
    send(&mut delivery_log, 2, &[0, 1, 2]);
    delivery_log.closed(1);
    assert!(delivery_log.is_at_rest());
    let tally = delivery_log.turn_page(500);
    assert_eq!((tally.delivered(), tally.lost, tally.closed), (2, 0, 0));
}
