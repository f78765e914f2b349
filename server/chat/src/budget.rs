//! What one person may cost, on all their devices together: messages and changes in count and in bytes, reads by what they
//! cost the database, and awareness frames that others receive. Honest use, 500 queued messages that are flushed at once or 20 devices
//! that come back at once, stays below.
//!
//! Counted per node. Above a limit the client gets an error, and others are not affected.

use crate::Error;
use crate::metrics::{Metrics, Refusal};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use protocol::UserId;
use protocol::limits::FRAME_BYTES;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many seconds' worth of frames may come at once.
pub const BURST_SECONDS: u32 = 5;
/// Seconds' worth of `MESSAGES_PER_SECOND` that may come at once, messages and changes together.
pub const WRITE_BURST_SECONDS: u32 = 12;
/// Bytes a second for each of `MESSAGES_PER_SECOND`: 64 KiB with the default of 50.
pub const WRITE_BYTES: u32 = 64 * 1024 / 50;
/// Seconds' worth of these bytes that may come at once: 768 KiB with the default.
pub const WRITE_BURST_BYTE_SECONDS: u32 = 12;
/// Bytes that each message or change costs beside its text: its row goes to each reader.
pub const WRITE_OVERHEAD: u32 = 256;
/// Units a second for each of `REQUESTS_PER_SECOND`; see [`Read`].
pub const READ_UNITS: u32 = 2;
/// Seconds' worth of these units that may be used at once.
pub const READ_BURST_SECONDS: u32 = 60;
/// Typing frames per second that are published, and at once.
pub const TYPING_PER_SECOND: u32 = 2;
/// See [`TYPING_PER_SECOND`].
pub const TYPING_AT_ONCE: u32 = 10;

/// What reads, with its cost in units: half a request each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// `focus` with people.
    Focus = 1,
    /// A request, and a batch of what a device missed.
    Request = 2,
    /// `hello`: all rooms with unread counts.
    Hello = 10,
    /// A rendered page: history, all rooms, rendering and compression.
    Page = 20,
}

type By<K> = DefaultKeyedRateLimiter<K>;
/// A limit of one connection's own; none where there is no limit.
pub(crate) type FrameLimit = Option<DefaultDirectRateLimiter>;

/// What is configured. A limit that is 0 is none.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Messages and changes per person and second.
    pub messages: u32,
    /// Requests per person and second.
    pub requests: u32,
    /// Frames per connection and second.
    pub frames: u32,
}

/// See the module's documentation. The default has no limits.
#[derive(Default)]
pub struct Budget {
    writes: Option<By<UserId>>,
    write_bytes: Option<By<UserId>>,
    reads: Option<By<UserId>>,
    awareness: Option<By<UserId>>,
    frames: Option<Quota>,
    metrics: Arc<Metrics>,
}

impl Budget {
    /// A node's.
    pub fn new(rates: Rates, metrics: Arc<Metrics>) -> Self {
        let Rates { messages, requests, frames } = rates;
        let bucket = |count: u32, burst: u32| a_second(count, burst).map(RateLimiter::keyed);
        let bytes = messages.saturating_mul(WRITE_BYTES);
        let units = requests.saturating_mul(READ_UNITS);
        // The largest of each passes a full bucket, however low the rate is.
        let frame = u32::try_from(FRAME_BYTES).unwrap_or(u32::MAX).saturating_add(WRITE_OVERHEAD);
        Self {
            writes: bucket(messages, messages.saturating_mul(WRITE_BURST_SECONDS)),
            write_bytes: bucket(bytes, bytes.saturating_mul(WRITE_BURST_BYTE_SECONDS).max(frame)),
            reads: bucket(units, units.saturating_mul(READ_BURST_SECONDS)),
            awareness: bucket(TYPING_PER_SECOND, TYPING_AT_ONCE),
            frames: a_second(frames, frames.saturating_mul(BURST_SECONDS)),
            metrics,
        }
    }

    fn all(&self) -> impl Iterator<Item = &By<UserId>> {
        [&self.writes, &self.write_bytes, &self.reads, &self.awareness].into_iter().flatten()
    }
}

/// So many a second on average, and `burst` at once. None where one of them is 0.
fn a_second(count: u32, burst: u32) -> Option<Quota> {
    Some(Quota::per_second(NonZeroU32::new(count)?).allow_burst(NonZeroU32::new(burst)?))
}

/// The wait until one more is allowed.
fn wait(full: &NotUntil<Instant>) -> Duration {
    full.wait_time_from(Instant::now())
}

/// Takes so many from a person's bucket, or says how long until it has them. Without a bucket there is no limit.
fn take(bucket: Option<&By<UserId>>, user: UserId, count: u32) -> Result<(), Duration> {
    let (Some(bucket), Some(count)) = (bucket, NonZeroU32::new(count)) else { return Ok(()) };
    match bucket.check_key_n(&user, count) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(full)) => Err(wait(&full)),
        // More than the bucket ever holds.
        Err(_) => Err(Duration::from_secs(60)),
    }
}

impl Budget {
    /// One more message or change of this person, whose text has so many bytes: one budget for sockets and requests.
    pub fn write(&self, user: UserId, bytes: usize) -> Result<(), Error> {
        const PROBLEM: &str = "You are sending too many messages.";
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(WRITE_OVERHEAD);
        take(self.writes.as_ref(), user, 1)
            .and_then(|()| take(self.write_bytes.as_ref(), user, bytes))
            .map_err(|wait| self.refuse(Refusal::Messages, PROBLEM, wait))
    }

    /// One more read of this person: one budget for sockets, requests and pages. A handler that serves a rendered page
    /// calls this with [`Read::Page`] in place of [`Budget::request`].
    pub fn read(&self, user: UserId, read: Read) -> Result<(), Error> {
        take(self.reads.as_ref(), user, read as u32)
            .map_err(|wait| self.refuse(Refusal::Requests, "Too many requests.", wait))
    }

    /// One more request of this person.
    pub fn request(&self, user: UserId) -> Result<(), Error> {
        self.read(user, Read::Request)
    }

    /// One more batch for a device of this person, of the same budget. It is not refused but delayed: how long to wait.
    pub fn batch(&self, user: UserId) -> Result<(), Duration> {
        take(self.reads.as_ref(), user, Read::Request as u32)
    }

    /// Whether one more typing frame of this person may be published. Excess frames are dropped: typing ends by a timeout.
    pub fn typing(&self, user: UserId) -> bool {
        take(self.awareness.as_ref(), user, 1).is_ok()
    }

    /// For the frames of a new connection.
    pub fn frames(&self) -> FrameLimit {
        self.frames.map(RateLimiter::direct)
    }

    /// One more frame on a connection that has this limit.
    pub fn frame(&self, limit: &FrameLimit) -> Result<(), Error> {
        self.metrics.frames.inc();
        limit.as_ref().map_or(Ok(()), |limit| {
            limit.check().map_err(|full| self.refuse(Refusal::Frames, "Too many frames.", wait(&full)))
        })
    }

    /// Evicts idle keys.
    pub fn forget(&self) {
        for limiter in self.all() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn refuse(&self, refusal: Refusal, problem: &'static str, retry_after: Duration) -> Error {
        self.metrics.refuse(refusal);
        Error::RateLimited { problem, retry_after }
    }
}

#[cfg(test)]
mod tests;
