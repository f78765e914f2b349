//! Each limit on its own.

use super::*;
use chat::bus::memory::Exchange;
use chat::hub::Keys;
use std::net::Ipv4Addr;

fn limits(config: config::Limits) -> Limits {
    Limits::new(&config, Arc::default())
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
