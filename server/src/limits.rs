//! Rate limits per person and address of what only HTTP has. Above a limit the client gets an error, and others are not affected.
//! What a person may cost on sockets and in requests together is [`chat::Budget`].
//!
//! Counted per node. Failed sign-ins are also counted by the bus for all nodes together, because an attacker who guesses passwords would
//! use all nodes; while the bus is away the node's own count applies. Per address nothing is limited but failed sign-ins,
//! new accounts, and requests whose token was not verified: many people may be behind one address.

mod block;
pub(crate) mod failures;

pub(crate) use block::Block;
pub(crate) use failures::Attempt;

use crate::config;
use crate::metrics::Metrics;
use block::ByBlock;
use chat::metrics::Refusal;
use chat::{Error, Hub};
use failures::{FAILURE_WINDOW, Failures};
use futures_util::future::join_all;
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use protocol::{SessionId, UserId};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Changes of their name per person and hour; a client gets 429 beyond it.
pub(crate) const RENAMES_PER_HOUR: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Pages and sign-ins without a session, per address block and second.
pub(crate) const STRANGERS_PER_SECOND: u32 = 50;
/// As many at once: a whole school opens the sign-in page in the same minute.
pub(crate) const STRANGERS_AT_ONCE: u32 = 1_000;
/// New WebSockets, per person and second.
pub(crate) const PERSON_CONNECTIONS_PER_SECOND: u32 = 4;
/// As many at once: 20 devices with a few tabs each come back at the same moment.
pub(crate) const PERSON_CONNECTIONS_AT_ONCE: u32 = 60;
/// Renewals, per session and minute; as many at once. A device needs one in some 13 minutes, for each tab at worst.
pub(crate) const RENEWALS_PER_MINUTE: u32 = 30;

type By<K> = DefaultKeyedRateLimiter<K>;

/// See the module's documentation. A limit that is 0 is none.
#[derive(Default)]
pub(crate) struct Limits {
    connections: Option<By<UserId>>,
    renewals: Option<By<SessionId>>,
    strangers: Option<ByBlock>,
    registrations: Option<ByBlock>,
    renames: Option<By<UserId>>,
    /// `LOGINS_PER_MINUTE`, and what failed lately.
    sign_ins_a_minute: u32,
    failures: Failures,
    metrics: Arc<Metrics>,
}

impl Limits {
    pub(crate) fn new(config: &config::Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            connections: quota(PERSON_CONNECTIONS_PER_SECOND, SECOND, PERSON_CONNECTIONS_AT_ONCE)
                .map(RateLimiter::keyed),
            renewals: quota(RENEWALS_PER_MINUTE, MINUTE, RENEWALS_PER_MINUTE).map(RateLimiter::keyed),
            strangers: quota(STRANGERS_PER_SECOND, SECOND, STRANGERS_AT_ONCE).map(ByBlock::new),
            registrations: NonZeroU32::new(config.registrations_per_hour)
                .map(|count| ByBlock::new(Quota::per_hour(count))),
            renames: NonZeroU32::new(RENAMES_PER_HOUR).map(|count| RateLimiter::keyed(Quota::per_hour(count))),
            sign_ins_a_minute: config.logins_per_minute,
            failures: Failures::default(),
            metrics,
        }
    }

    /// One more change of this person's name: each is sent to every connection.
    pub(crate) fn rename(&self, user: UserId) -> Result<(), Error> {
        self.check(self.renames.as_ref(), &user, Refusal::Requests, "You are changing your name too often.")
    }

    /// One more WebSocket of this person.
    pub(crate) fn connection(&self, user: UserId) -> Result<(), Error> {
        self.check(self.connections.as_ref(), &user, Refusal::Connections, "Too many new connections.")
    }

    /// One more renewal of this session.
    pub(crate) fn renewal(&self, session: SessionId) -> Result<(), Error> {
        self.check(self.renewals.as_ref(), &session, Refusal::Renewals, "This session is renewed too often.")
    }

    /// One more request from this address without a verified token that makes work.
    pub(crate) fn stranger(&self, address: IpAddr) -> Result<(), Error> {
        self.check_block(self.strangers.as_ref(), address, Refusal::Strangers, "Too many requests from this address.")
    }

    /// One more account from this address.
    pub(crate) fn registration(&self, address: IpAddr) -> Result<(), Error> {
        let problem = "Too many accounts were made from this address.";
        self.check_block(self.registrations.as_ref(), address, Refusal::Registrations, problem)
    }

    /// Checks whether a sign-in may be tried: not too many failed lately from this address, with this name from this address, or with
    /// this name from everywhere. A known device is exempt from the last one, or others could lock the person out.
    pub(crate) fn may_sign_in(&self, attempt: &Attempt, is_known_device: bool) -> Result<(), Error> {
        if self.sign_ins_a_minute == 0 {
            return Ok(());
        }
        let mut keys = attempt.by_address(self.sign_ins_a_minute);
        if !is_known_device {
            keys.push(attempt.by_name(self.sign_ins_a_minute));
        }
        match keys.iter().find_map(|key| self.failures.wait(key)) {
            Some(wait) => Err(self.refuse(Refusal::SignIns, "Too many attempts to sign in.", wait)),
            None => Ok(()),
        }
    }

    /// Counts a failure: a wrong password, or an unknown name.
    pub(crate) fn sign_in_failed(&self, attempt: &Attempt) {
        self.metrics.failed_sign_ins.inc();
        for key in self.failure_keys(attempt) {
            self.failures.add(&key);
        }
    }

    /// Counts the same for all nodes together, and learns how much failed on others.
    pub(crate) async fn share_failure(&self, hub: &Hub, attempt: &Attempt) {
        let keys = self.failure_keys(attempt);
        let counts = keys.iter().map(|key| async move {
            let count = hub.count(&format!("failed-sign-in:{}", key.text), FAILURE_WINDOW).await;
            (key, count)
        });
        for (key, count) in join_all(counts).await {
            if let Some(count) = count {
                self.failures.learn(key, count);
            }
        }
    }

    fn failure_keys(&self, attempt: &Attempt) -> Vec<failures::Key> {
        if self.sign_ins_a_minute == 0 {
            return Vec::new();
        }
        let by_name = attempt.by_name(self.sign_ins_a_minute);
        attempt.by_address(self.sign_ins_a_minute).into_iter().chain([by_name]).collect()
    }

    /// Evicts idle keys.
    pub(crate) fn forget(&self) {
        fn of<K: Hash + Eq + Clone>(limiter: Option<&By<K>>) {
            if let Some(limiter) = limiter {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
        of(self.connections.as_ref());
        of(self.renewals.as_ref());
        self.strangers.iter().chain(&self.registrations).for_each(ByBlock::forget);
        self.failures.forget();
        of(self.renames.as_ref());
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

    fn check_block(
        &self,
        limiter: Option<&ByBlock>,
        address: IpAddr,
        refusal: Refusal,
        problem: &'static str,
    ) -> Result<(), Error> {
        limiter
            .map_or(Ok(()), |limiter| limiter.check(address).map_err(|full| self.refuse(refusal, problem, wait(&full))))
    }

    fn refuse(&self, refusal: Refusal, problem: &'static str, retry_after: Duration) -> Error {
        self.metrics.refuse(refusal);
        Error::RateLimited { problem, retry_after }
    }
}

/// So many in `period` on average, and `burst` at once. None where one of them is 0.
fn quota(count: u32, period: Duration, burst: u32) -> Option<Quota> {
    Some(Quota::with_period(period.checked_div(count)?)?.allow_burst(NonZeroU32::new(burst)?))
}

/// The wait until one more is allowed.
fn wait(full: &NotUntil<Instant>) -> Duration {
    full.wait_time_from(Instant::now())
}

#[cfg(test)]
mod tests;
