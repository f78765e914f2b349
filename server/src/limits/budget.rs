//! What one person may cost, on all their devices together: messages and changes in count and in bytes, reads by what they
//! cost the database, and awareness frames that others receive. Honest use, 500 queued messages that are flushed at once or 20 devices
//! that come back at once, stays below.

use super::{By, Limits, SECOND, quota, wait};
use crate::metrics::Refusal;
use crate::{Error, config};
use governor::RateLimiter;
use protocol::UserId;
use protocol::limits::FRAME_BYTES;
use std::num::NonZeroU32;
use std::time::Duration;

/// Seconds' worth of `MESSAGES_PER_SECOND` that may come at once, messages and changes together.
pub(crate) const WRITE_BURST_SECONDS: u32 = 12;
/// Bytes a second for each of `MESSAGES_PER_SECOND`: 64 KiB with the default of 50.
pub(crate) const WRITE_BYTES: u32 = 64 * 1024 / 50;
/// Seconds' worth of these bytes that may come at once: 768 KiB with the default.
pub(crate) const WRITE_BURST_BYTE_SECONDS: u32 = 12;
/// Bytes that each message or change costs beside its text: its row goes to each reader.
pub(crate) const WRITE_OVERHEAD: u32 = 256;
/// Units a second for each of `REQUESTS_PER_SECOND`; see [`Read`].
pub(crate) const READ_UNITS: u32 = 2;
/// Seconds' worth of these units that may be used at once.
pub(crate) const READ_BURST_SECONDS: u32 = 60;
/// Typing frames per second that are published, and at once.
pub(crate) const TYPING_PER_SECOND: u32 = 2;
/// See [`TYPING_PER_SECOND`].
pub(crate) const TYPING_AT_ONCE: u32 = 10;

/// What reads, with its cost in units: half a request each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// `focus` with people.
    Focus = 1,
    /// A request, and a batch of what a device missed.
    Request = 2,
    /// `hello`: all rooms with unread counts.
    Hello = 10,
    /// A rendered page: history, all rooms, rendering and compression.
    Page = 20,
}

/// See the module's documentation. Ends with its [`Limits`].
#[derive(Default)]
pub(super) struct Budget {
    writes: Option<By<UserId>>,
    write_bytes: Option<By<UserId>>,
    reads: Option<By<UserId>>,
    awareness: Option<By<UserId>>,
}

impl Budget {
    pub(super) fn new(config: &config::Limits) -> Self {
        let (messages, requests) = (config.messages_per_second, config.requests_per_second);
        let bucket = |a_second: u32, burst: u32| quota(a_second, SECOND, burst).map(RateLimiter::keyed);
        let bytes = messages.saturating_mul(WRITE_BYTES);
        let units = requests.saturating_mul(READ_UNITS);
        // The largest of each passes a full bucket, however low the rate is.
        let frame = u32::try_from(FRAME_BYTES).unwrap_or(u32::MAX).saturating_add(WRITE_OVERHEAD);
        Self {
            writes: bucket(messages, messages.saturating_mul(WRITE_BURST_SECONDS)),
            write_bytes: bucket(bytes, bytes.saturating_mul(WRITE_BURST_BYTE_SECONDS).max(frame)),
            reads: bucket(units, units.saturating_mul(READ_BURST_SECONDS)),
            awareness: bucket(TYPING_PER_SECOND, TYPING_AT_ONCE),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &By<UserId>> {
        [&self.writes, &self.write_bytes, &self.reads, &self.awareness].into_iter().flatten()
    }
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

impl Limits {
    /// One more message or change of this person, whose text has so many bytes: one budget for sockets and requests.
    pub(crate) fn write(&self, user: UserId, bytes: usize) -> Result<(), Error> {
        const PROBLEM: &str = "You are sending too many messages.";
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(WRITE_OVERHEAD);
        take(self.budget.writes.as_ref(), user, 1)
            .and_then(|()| take(self.budget.write_bytes.as_ref(), user, bytes))
            .map_err(|wait| self.refuse(Refusal::Messages, PROBLEM, wait))
    }

    /// One more read of this person: one budget for sockets, requests and pages. A handler that serves a rendered page
    /// calls this with [`Read::Page`] in place of [`Limits::request`].
    pub(crate) fn read(&self, user: UserId, read: Read) -> Result<(), Error> {
        take(self.budget.reads.as_ref(), user, read as u32)
            .map_err(|wait| self.refuse(Refusal::Requests, "Too many requests.", wait))
    }

    /// One more request of this person.
    pub(crate) fn request(&self, user: UserId) -> Result<(), Error> {
        self.read(user, Read::Request)
    }

    /// One more batch for a device of this person, of the same budget. It is not refused but delayed: how long to wait.
    pub(crate) fn batch(&self, user: UserId) -> Result<(), Duration> {
        take(self.budget.reads.as_ref(), user, Read::Request as u32)
    }

    /// Whether one more typing frame of this person may be published. Excess frames are dropped: typing ends by a timeout.
    pub(crate) fn typing(&self, user: UserId) -> bool {
        take(self.budget.awareness.as_ref(), user, 1).is_ok()
    }
}
