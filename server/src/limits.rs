//! How much one person, one address or one connection may ask for. Beyond it they are told so, and nobody else feels it.
//!
//! Counted on each node. Attempts to sign in are also counted by the bus for all nodes together, because guessing a
//! password is worth going round; while the bus is away the node's own count stands.

use crate::Error;
use crate::config;
use crate::hub::Hub;
use crate::metrics::{Metrics, Refusal};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use protocol::UserId;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many seconds' worth of messages, frames and requests may come at once.
pub(crate) const BURST_SECONDS: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);

type By<K> = DefaultKeyedRateLimiter<K>;
/// A limit of one connection's own; none where there is no limit.
pub(crate) type FrameLimit = Option<DefaultDirectRateLimiter>;

/// See the module's documentation. A limit that is 0 is none.
#[derive(Default)]
pub(crate) struct Limits {
    messages: Option<By<UserId>>,
    requests: Option<By<UserId>>,
    sign_ins: Option<By<String>>,
    registrations: Option<By<IpAddr>>,
    sign_ins_a_minute: u32,
    frames: Option<Quota>,
    metrics: Arc<Metrics>,
}

impl Limits {
    pub(crate) fn new(config: &config::Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            messages: a_second(config.messages_per_second).map(RateLimiter::keyed),
            requests: a_second(config.requests_per_second).map(RateLimiter::keyed),
            sign_ins: NonZeroU32::new(config.logins_per_minute)
                .map(|count| RateLimiter::keyed(Quota::per_minute(count))),
            registrations: NonZeroU32::new(config.registrations_per_hour)
                .map(|count| RateLimiter::keyed(Quota::per_hour(count))),
            sign_ins_a_minute: config.logins_per_minute,
            frames: a_second(config.frames_per_second),
            metrics,
        }
    }

    /// One more message of this person.
    pub(crate) fn message(&self, user: UserId) -> Result<(), Error> {
        self.check(self.messages.as_ref(), &user, Refusal::Messages, "You are sending too many messages.")
    }

    /// One more request of this person.
    pub(crate) fn request(&self, user: UserId) -> Result<(), Error> {
        self.check(self.requests.as_ref(), &user, Refusal::Requests, "Too many requests.")
    }

    /// One more account from this address.
    pub(crate) fn registration(&self, address: IpAddr) -> Result<(), Error> {
        let problem = "Too many accounts were made from this address.";
        self.check(self.registrations.as_ref(), &block(address), Refusal::Registrations, problem)
    }

    /// One more attempt to sign in: from this address, and as this person from anywhere.
    pub(crate) async fn sign_in(&self, hub: &Hub, address: IpAddr, username: &str) -> Result<(), Error> {
        let Some(limiter) = &self.sign_ins else { return Ok(()) };
        for key in [format!("address:{}", block(address)), format!("name:{}", username.trim().to_ascii_lowercase())] {
            self.check(Some(limiter), &key, Refusal::SignIns, "Too many attempts to sign in.")?;
            let everywhere = hub.count(&format!("sign-in:{key}"), MINUTE).await;
            if everywhere.is_some_and(|count| count > u64::from(self.sign_ins_a_minute)) {
                return Err(self.refuse(Refusal::SignIns, "Too many attempts to sign in.", MINUTE));
            }
        }
        Ok(())
    }

    /// For the frames of a new connection.
    pub(crate) fn frames(&self) -> FrameLimit {
        self.frames.map(RateLimiter::direct)
    }

    /// One more frame on a connection that has this limit.
    pub(crate) fn frame(&self, limit: &FrameLimit) -> Result<(), Error> {
        self.metrics.frames.inc();
        limit.as_ref().map_or(Ok(()), |limit| {
            limit.check().map_err(|full| self.refuse(Refusal::Frames, "Too many frames.", wait(&full)))
        })
    }

    /// Forgets who has not asked for anything for a while.
    pub(crate) fn forget(&self) {
        fn of<K: Hash + Eq + Clone>(limiter: Option<&By<K>>) {
            if let Some(limiter) = limiter {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
        of(self.messages.as_ref());
        of(self.requests.as_ref());
        of(self.sign_ins.as_ref());
        of(self.registrations.as_ref());
    }

    fn check<K: Hash + Eq + Clone>(
        &self,
        limiter: Option<&By<K>>,
        key: &K,
        refusal: Refusal,
        problem: &'static str,
    ) -> Result<(), Error> {
        limiter
            .map_or(Ok(()), |limiter| limiter.check_key(key).map_err(|full| self.refuse(refusal, problem, wait(&full))))
    }

    fn refuse(&self, refusal: Refusal, problem: &'static str, retry_after: Duration) -> Error {
        self.metrics.refuse(refusal);
        Error::RateLimited { problem, retry_after }
    }
}

/// An address as far as one subscriber can choose it: IPv6 gives each a block of 64 bits.
fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

fn a_second(count: u32) -> Option<Quota> {
    let count = NonZeroU32::new(count)?;
    Some(Quota::per_second(count).allow_burst(count.saturating_mul(NonZeroU32::new(BURST_SECONDS)?)))
}

/// How long until it lets one more through.
fn wait(full: &NotUntil<Instant>) -> Duration {
    full.wait_time_from(Instant::now())
}

#[cfg(test)]
mod tests;
