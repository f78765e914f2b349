//! Blocks of addresses: what one subscriber, or one organisation, can choose from. An IPv4 address is a block of its own.
//! Of IPv6 a subscriber gets 64 bits, often 56 or 48: a limit by one address, or by the smallest block, would be no limit.

use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Instant;

/// Bits of IPv6 that make a block, the smallest block first, and how many times the limit of the smallest one it may use.
const STEPS: [(u8, u32); 3] = [(64, 1), (56, 4), (48, 16)];

/// The first bits of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Block {
    first: IpAddr,
    bits: u8,
}

impl Block {
    /// The smallest block of this address: the address itself, or a /64 of IPv6.
    pub(crate) fn smallest(address: IpAddr) -> Self {
        Self::of(address, STEPS[0].0)
    }

    /// The largest block of this address that one organisation usually has: the address itself, or a /48 of IPv6.
    pub(crate) fn largest(address: IpAddr) -> Self {
        Self::of(address, STEPS[2].0)
    }

    fn of(address: IpAddr, bits: u8) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let first = u128::from(address) & (u128::MAX << (128 - u32::from(bits)));
                Self { first: IpAddr::V6(first.into()), bits }
            }
            first @ IpAddr::V4(_) => Self { first, bits: 32 },
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// All blocks that an address is in, with how many times the limit of the smallest one each may use.
pub(crate) fn steps(address: IpAddr) -> impl Iterator<Item = (Block, u32)> {
    let count = if address.to_canonical().is_ipv6() { STEPS.len() } else { 1 };
    STEPS.into_iter().take(count).map(move |(bits, times)| (Block::of(address, bits), times))
}

/// A rate limiter by block: one for each step.
pub(crate) struct ByBlock([DefaultKeyedRateLimiter<Block>; STEPS.len()]);

impl ByBlock {
    /// `quota` is that of the smallest block.
    pub(crate) fn new(quota: Quota) -> Self {
        Self(STEPS.map(|(_, times)| {
            let burst =
                NonZeroU32::new(times).map_or(quota.burst_size(), |times| quota.burst_size().saturating_mul(times));
            let wider = Quota::with_period(quota.replenish_interval() / times).unwrap_or(quota);
            RateLimiter::keyed(wider.allow_burst(burst))
        }))
    }

    /// One more from this address.
    ///
    /// # Errors
    /// The first block that is used up.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), NotUntil<Instant>> {
        steps(address).zip(&self.0).try_for_each(|((block, _), limiter)| limiter.check_key(&block))
    }

    /// Forgets the blocks that are at rest.
    pub(crate) fn forget(&self) {
        for limiter in &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v6(third: u16, fourth: u16, last: u16) -> IpAddr {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, third, fourth, 0, 0, 0, last))
    }

    #[test]
    fn a_subscriber_has_blocks_of_ipv6_and_one_address_of_ipv4() {
        let blocks = |address| steps(address).map(|(block, times)| (block.to_string(), times)).collect::<Vec<_>>();
        let wanted = [("2001:db8:1:203::/64", 1), ("2001:db8:1:200::/56", 4), ("2001:db8:1::/48", 16)];
        assert_eq!(blocks(v6(1, 0x203, 9)), wanted.map(|(block, times)| (block.to_owned(), times)));
        let address = Ipv4Addr::new(192, 0, 2, 1);
        assert_eq!(blocks(address.into()), [("192.0.2.1/32".to_owned(), 1)]);
        assert_eq!(blocks(address.to_ipv6_mapped().into()), blocks(address.into()));
        assert_eq!(Block::smallest(v6(1, 2, 1)), Block::smallest(v6(1, 2, 2)));
        assert_ne!(Block::smallest(v6(1, 2, 1)), Block::smallest(v6(1, 3, 1)));
        assert_eq!(Block::largest(v6(1, 2, 1)), Block::largest(v6(1, 3, 1)));
    }

    #[test]
    fn who_has_many_small_blocks_gets_a_few_times_the_limit_of_one() {
        let limiter = ByBlock::new(Quota::per_hour(NonZeroU32::new(2).unwrap()));
        let passed =
            |addresses: &mut dyn Iterator<Item = IpAddr>| addresses.filter(|a| limiter.check(*a).is_ok()).count();
        assert_eq!(passed(&mut (0..10).map(|last| v6(1, 2, last))), 2, "a /64");
        assert_eq!(passed(&mut (0..256).map(|fourth| v6(2, fourth, 1))), 8, "a /56");
        assert_eq!(passed(&mut (0..=u16::MAX).map(|fourth| v6(3, fourth, 1))), 32, "a /48");
    }
}
