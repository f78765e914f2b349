//! Each budget on its own.

use super::*;
use uuid::Uuid;

/// As configured by default.
const RATES: Rates = Rates { messages: 50, requests: 50, frames: 200 };

fn budget(rates: Rates) -> Budget {
    Budget::new(rates, Arc::default())
}

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

#[test]
fn one_person_is_limited_and_others_are_not() {
    let budget = budget(Rates { messages: 2, ..RATES });
    let passed = (0..200).filter(|_| budget.write(user(1), 100).is_ok()).count();
    assert!((24..200).contains(&passed), "12 seconds' worth, not {passed}");
    let refused = std::iter::repeat_with(|| budget.write(user(1), 100)).find_map(Result::err);
    let Some(Error::RateLimited { retry_after, .. }) = refused else { panic!("{refused:?}") };
    assert!(retry_after <= Duration::from_millis(500), "{retry_after:?}");
    assert!(budget.write(user(2), 100).is_ok());
}

#[test]
fn bytes_are_limited_beside_the_count() {
    let budget = budget(RATES);
    let passed = (0..600).filter(|_| budget.write(user(1), 32 * 1024).is_ok()).count();
    assert!((20..60).contains(&passed), "768 KiB at once, not {passed} of 32 KiB");
    let Err(Error::RateLimited { retry_after, .. }) = budget.write(user(1), 32 * 1024) else { panic!("refused") };
    assert!(retry_after <= Duration::from_secs(1), "{retry_after:?} for 32 KiB at 64 KiB a second");
    let low = self::budget(Rates { messages: 1, ..RATES });
    assert!(low.write(user(1), FRAME_BYTES).is_ok(), "the largest frame passes a full bucket");
}

#[test]
fn five_hundred_queued_messages_pass_at_once() {
    let budget = budget(RATES);
    assert!((0..500).all(|_| budget.write(user(1), 1_000).is_ok()));
}

#[test]
fn twenty_devices_of_one_person_come_back_at_once() {
    let budget = budget(RATES);
    for device in 0..20 {
        budget.read(user(1), Read::Page).unwrap();
        budget.request(user(1)).unwrap();
        budget.read(user(1), Read::Hello).unwrap();
        budget.read(user(1), Read::Focus).unwrap();
        assert!((0..50).all(|_| budget.batch(user(1)).is_ok()), "device {device}");
    }
}

#[test]
fn pages_cost_more_than_requests_and_share_their_budget() {
    let budget = budget(RATES);
    let pages = (0..2_000).filter(|_| budget.read(user(1), Read::Page).is_ok()).count();
    assert!((300..600).contains(&pages), "{pages}");
    assert!(budget.read(user(1), Read::Hello).is_err() || budget.read(user(1), Read::Hello).is_err());
    assert!(budget.request(user(2)).is_ok());
}

#[test]
fn typing_is_drawn_a_few_times_a_second() {
    let budget = budget(Rates { frames: 0, ..RATES });
    let drawn = (0..1_000).filter(|_| budget.typing(user(1))).count();
    assert!((10..50).contains(&drawn), "{drawn}");
    assert!(budget.typing(user(2)));
}

#[test]
fn zero_is_no_limit() {
    let none = budget(Rates { messages: 0, requests: 0, frames: 0 });
    assert!((0..10_000).all(|_| none.write(user(1), 100).is_ok() && none.request(user(1)).is_ok()));
    assert!(none.frames().is_none());
}

#[test]
fn who_has_been_quiet_is_forgotten() {
    let budget = budget(Rates { messages: 1_000_000, ..RATES });
    (0..100).for_each(|number| drop(budget.write(user(number), 0)));
    // A microsecond later their buckets are full again.
    while budget.all().any(|limiter| !limiter.is_empty()) {
        budget.forget();
    }
}
