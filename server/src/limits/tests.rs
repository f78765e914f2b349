//! Each limit on its own.

use super::*;
use crate::bus::memory::Exchange;
use crate::hub::Keys;
use protocol::limits::FRAME_BYTES;
use std::net::Ipv4Addr;
use uuid::Uuid;

fn limits(config: config::Limits) -> Limits {
    Limits::new(&config, Arc::default())
}

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

#[test]
fn one_person_is_limited_and_others_are_not() {
    let limits = limits(config::Limits { messages_per_second: 2, ..config::Limits::default() });
    let passed = (0..200).filter(|_| limits.write(user(1), 100).is_ok()).count();
    assert!((24..200).contains(&passed), "12 seconds' worth, not {passed}");
    let refused = std::iter::repeat_with(|| limits.write(user(1), 100)).find_map(Result::err);
    let Some(Error::RateLimited { retry_after, .. }) = refused else { panic!("{refused:?}") };
    assert!(retry_after <= Duration::from_millis(500), "{retry_after:?}");
    assert!(limits.write(user(2), 100).is_ok());
}

#[test]
fn bytes_are_limited_beside_the_count() {
    let limits = limits(config::Limits::default());
    let passed = (0..600).filter(|_| limits.write(user(1), 32 * 1024).is_ok()).count();
    assert!((20..60).contains(&passed), "768 KiB at once, not {passed} of 32 KiB");
    let Err(Error::RateLimited { retry_after, .. }) = limits.write(user(1), 32 * 1024) else { panic!("refused") };
    assert!(retry_after <= Duration::from_secs(1), "{retry_after:?} for 32 KiB at 64 KiB a second");
    let low = self::limits(config::Limits { messages_per_second: 1, ..config::Limits::default() });
    assert!(low.write(user(1), FRAME_BYTES).is_ok(), "the largest frame passes a full bucket");
}

#[test]
fn five_hundred_queued_messages_pass_at_once() {
    let limits = limits(config::Limits::default());
    assert!((0..500).all(|_| limits.write(user(1), 1_000).is_ok()));
}

#[test]
fn twenty_devices_of_one_person_come_back_at_once() {
    let limits = limits(config::Limits::default());
    for device in 0..20 {
        limits.read(user(1), Read::Page).unwrap();
        limits.request(user(1)).unwrap();
        limits.read(user(1), Read::Hello).unwrap();
        limits.read(user(1), Read::Focus).unwrap();
        assert!((0..50).all(|_| limits.batch(user(1)).is_ok()), "device {device}");
    }
}

#[test]
fn pages_cost_more_than_requests_and_share_their_budget() {
    let limits = limits(config::Limits::default());
    let pages = (0..2_000).filter(|_| limits.read(user(1), Read::Page).is_ok()).count();
    assert!((300..600).contains(&pages), "{pages}");
    assert!(limits.read(user(1), Read::Hello).is_err() || limits.read(user(1), Read::Hello).is_err());
    assert!(limits.request(user(2)).is_ok());
}

#[test]
fn typing_is_drawn_a_few_times_a_second() {
    let limits = limits(config::Limits { frames_per_second: 0, ..config::Limits::default() });
    let drawn = (0..1_000).filter(|_| limits.typing(user(1))).count();
    assert!((10..50).contains(&drawn), "{drawn}");
    assert!(limits.typing(user(2)));
}

#[test]
fn zero_is_no_limit() {
    let none = limits(config::Limits {
        messages_per_second: 0,
        requests_per_second: 0,
        frames_per_second: 0,
        ..config::Limits::default()
    });
    assert!((0..10_000).all(|_| none.write(user(1), 100).is_ok() && none.request(user(1)).is_ok()));
    assert!(none.frames().is_none());
}

/// Somebody at this address whose password is wrong, and who is asked whether they may try first.
async fn fail(limits: &Limits, hub: &Hub, address: &str, name: &str) -> Result<(), Error> {
    let attempt = Attempt { address: address.parse().unwrap(), name: name.into() };
    limits.may_sign_in(&attempt, false)?;
    limits.sign_in_failed(&attempt);
    limits.share_failure(hub, &attempt).await;
    Ok(())
}

fn is_refused(limits: &Limits, address: &str, name: &str, is_known_device: bool) -> bool {
    let attempt = Attempt { address: address.parse().unwrap(), name: name.into() };
    matches!(limits.may_sign_in(&attempt, is_known_device), Err(Error::RateLimited { .. }))
}

#[tokio::test(start_paused = true)]
async fn guessing_is_limited_by_name_and_address_and_locks_nobody_out_elsewhere() {
    let limits = limits(config::Limits { logins_per_minute: 20, ..config::Limits::default() });
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
    for _ in 0..25 {
        let _ = fail(&limits, &hub, "192.0.2.1", "ada").await;
    }
    assert!(is_refused(&limits, "192.0.2.1", "ada", false));
    assert!(!is_refused(&limits, "192.0.2.2", "ada", false), "the owner is elsewhere");
    assert!(!is_refused(&limits, "192.0.2.1", "bob", false), "so is everybody else at the same address");
    tokio::time::advance(FAILURE_WINDOW).await;
    assert!(!is_refused(&limits, "192.0.2.1", "ada", false));
}

#[tokio::test(start_paused = true)]
async fn many_names_from_one_address_and_one_name_from_many_addresses_are_limited() {
    let limits = limits(config::Limits { logins_per_minute: 2, ..config::Limits::default() });
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
    let mut tried = 0;
    while fail(&limits, &hub, "2001:db8::1", &format!("name{tried}")).await.is_ok() {
        tried += 1;
    }
    assert_eq!(tried, 2 * failures::ADDRESS_TIMES);
    assert!(is_refused(&limits, "2001:db8::2", "other", false), "the same /64");
    assert!(!is_refused(&limits, "2001:db8:0:1::2", "other", false));
    let mut tried = 0;
    while fail(&limits, &hub, &format!("192.0.2.{tried}"), "ada").await.is_ok() {
        tried += 1;
    }
    assert_eq!(tried, 2 * failures::NAME_TIMES);
    assert!(is_refused(&limits, "198.51.100.1", "ada", false));
    assert!(!is_refused(&limits, "198.51.100.1", "ada", true), "her own device");
}

#[test]
fn a_school_behind_one_address_meets_no_limit_of_strangers() {
    let limits = limits(config::Limits::default());
    let address = Ipv4Addr::new(192, 0, 2, 1).into();
    assert!((0..1_000).all(|_| limits.stranger(address).is_ok()));
    let refused = std::iter::repeat_with(|| limits.stranger(address)).take(10_000).find_map(Result::err);
    assert!(matches!(refused, Some(Error::RateLimited { .. })));
    assert!(limits.stranger(Ipv4Addr::new(192, 0, 2, 2).into()).is_ok());
}

#[test]
fn who_has_been_quiet_is_forgotten() {
    let limits = limits(config::Limits { messages_per_second: 1_000_000, ..config::Limits::default() });
    (0..100).for_each(|number| drop(limits.write(user(number), 0)));
    // A microsecond later their buckets are full again.
    while limits.budget.all().any(|limiter| !limiter.is_empty()) {
        limits.forget();
    }
}
