//! Each limit on its own.

use super::*;
use crate::bus::memory::Exchange;
use std::net::{Ipv4Addr, Ipv6Addr};
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
    let passed = (0..50).filter(|_| limits.message(user(1)).is_ok()).count();
    assert!((10..50).contains(&passed), "5 seconds' worth, not {passed}");
    let refused = std::iter::repeat_with(|| limits.message(user(1))).find_map(Result::err);
    let Some(Error::RateLimited { retry_after, .. }) = refused else { panic!("{refused:?}") };
    assert!(retry_after <= Duration::from_millis(500), "{retry_after:?}");
    assert!(limits.message(user(2)).is_ok());
}

#[test]
fn zero_is_no_limit() {
    let none = limits(config::Limits {
        messages_per_second: 0,
        requests_per_second: 0,
        frames_per_second: 0,
        ..config::Limits::default()
    });
    assert!((0..10_000).all(|_| none.message(user(1)).is_ok() && none.request(user(1)).is_ok()));
    assert!(none.frames().is_none());
}

#[tokio::test]
async fn guessing_is_limited_by_name_and_by_address() {
    let limits = limits(config::Limits { logins_per_minute: 3, ..config::Limits::default() });
    let hub = Hub::new(Arc::new(Exchange::default().bus()), Arc::default());
    let address = |number| IpAddr::V4(Ipv4Addr::new(192, 0, 2, number));
    for number in 1..=3 {
        limits.sign_in(&hub, address(number), " Ada ").await.unwrap();
    }
    let Err(Error::RateLimited { .. }) = limits.sign_in(&hub, address(4), "ada").await else { panic!("by name") };
    for name in ["bob", "cy"] {
        limits.sign_in(&hub, address(1), name).await.unwrap();
    }
    let Err(Error::RateLimited { .. }) = limits.sign_in(&hub, address(1), "dan").await else { panic!("by address") };
}

#[test]
fn who_has_been_quiet_is_forgotten() {
    let limits = limits(config::Limits { messages_per_second: 1_000_000, ..config::Limits::default() });
    (0..100).for_each(|number| drop(limits.message(user(number))));
    // A microsecond later their buckets are full again.
    while !limits.messages.as_ref().unwrap().is_empty() {
        limits.forget();
    }
}

#[test]
fn a_subscriber_has_a_block_of_ipv6() {
    let address = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, last));
    assert_eq!(block(address(1)), block(address(2)));
    assert_ne!(block(address(1)), block(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 3, 0, 0, 0, 1))));
    let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
    assert_eq!(block(mapped.into()), block(Ipv4Addr::new(192, 0, 2, 1).into()));
}
