//! The requests of one room, pages and catch-up: one at a time, with a timeout and backoff. The room decides what is missing.

use crate::HistoryRequest;
use crate::backoff::Backoff;
use protocol::{Rev, Seq};

/// How long an answer may take, in milliseconds. After that it counts as lost.
const FETCH_TIMEOUT_MS: u64 = 30_000;
/// The shortest and the longest wait after a failure, in milliseconds.
const BACKOFF_MS: (u64, u64) = (1_000, 30_000);
/// How long a gap may stay before a page is asked for, in milliseconds: most are closed by a frame that is under way.
const GAP_GRACE_MS: u64 = 200;

/// Something to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A page of history.
    Page(HistoryRequest),
    /// What follows this cursor.
    Sync(Seq, Rev),
}

/// See the module's documentation. Times are monotonic milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetcher {
    /// The newest rows are wanted: nothing is shown yet, or nothing that leads up to them.
    pub(crate) newest: bool,
    /// Older rows are wanted.
    pub(crate) older: bool,
    /// What was asked, and when.
    in_flight: Option<(Request, u64)>,
    /// After a failure, the earliest moment of the next request.
    not_before: u64,
    backoff: Backoff,
    /// Since when there has been a gap.
    gap_since: Option<u64>,
}

impl Fetcher {
    pub(crate) const fn new() -> Self {
        let backoff = Backoff::new(BACKOFF_MS.0, BACKOFF_MS.1);
        Self { newest: false, older: false, in_flight: None, not_before: 0, backoff, gap_since: None }
    }

    /// The request to make now, if `wanted` is due.
    pub(crate) fn ask(&mut self, wanted: Option<Request>, now: u64) -> Option<Request> {
        if matches!(wanted, Some(Request::Sync(..))) {
            self.gap_since.get_or_insert(now);
        } else {
            self.gap_since = None;
        }
        let request = wanted.filter(|_| self.in_flight.is_none() && self.earliest() <= now)?;
        self.in_flight = Some((request, now));
        Some(request)
    }

    /// When to look again, if anything is wanted or on its way.
    pub(crate) fn due(&self, wanted: Option<Request>) -> Option<u64> {
        match self.in_flight {
            Some((_, since)) => Some(since + FETCH_TIMEOUT_MS),
            None => wanted.map(|_| self.earliest()),
        }
    }

    /// Whether this is the request whose answer is awaited.
    pub(crate) fn is_waiting_for(&self, request: Request) -> bool {
        self.in_flight.is_some_and(|(asked, _)| asked == request)
    }

    /// `hello` asks for this too.
    pub(crate) const fn asked(&mut self, request: Request, now: u64) {
        self.in_flight = Some((request, now));
    }

    /// The connection is gone: requests on it get no answer any more.
    pub(crate) fn disconnect(&mut self) {
        self.in_flight = self.in_flight.filter(|(request, _)| matches!(request, Request::Page(_)));
    }

    /// The server has another epoch: a page of the earlier one is not waited for.
    pub(crate) fn forget_page(&mut self) {
        self.in_flight = self.in_flight.filter(|(request, _)| !matches!(request, Request::Page(_)));
    }

    /// The awaited answer has come.
    pub(crate) const fn answered(&mut self) {
        self.in_flight = None;
    }

    pub(crate) const fn succeed(&mut self) {
        self.backoff.reset();
        self.not_before = 0;
    }

    pub(crate) fn fail(&mut self, now: u64, random: u64) {
        self.in_flight = None;
        self.not_before = now + self.backoff.fail(random);
    }

    /// The server sent an error that names no request: a pending sync counts as failed.
    pub(crate) fn fail_sync(&mut self, now: u64, random: u64) {
        if matches!(self.in_flight, Some((Request::Sync(..), _))) {
            self.fail(now, random);
        }
    }

    /// Takes an answer that is too late for lost.
    pub(crate) fn expire(&mut self, now: u64, random: u64) {
        if self.in_flight.is_some_and(|(_, since)| since + FETCH_TIMEOUT_MS <= now) {
            self.fail(now, random);
        }
    }

    /// The person asked, or the server is there again: no reason to wait any longer.
    pub(crate) const fn hurry(&mut self) {
        self.not_before = 0;
        self.gap_since = Some(0);
    }

    /// Forgets what is wanted.
    pub(crate) const fn give_up(&mut self) {
        self.newest = false;
        self.older = false;
    }

    fn earliest(&self) -> u64 {
        self.not_before.max(self.gap_since.map_or(0, |since| if since == 0 { 0 } else { since + GAP_GRACE_MS }))
    }
}
