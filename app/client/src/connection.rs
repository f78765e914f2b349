//! The state of the connection: idle timeout (a silent server is given up after 40 seconds), probe after waking up, and retries with a
//! backoff. Knows nothing of the frames on it.

use crate::Now;
use crate::backoff::Backoff;
use protocol::CloseCode;
use protocol::limits::IDLE_TIMEOUT_MS;

/// How long a socket may take to open, in milliseconds, while somebody looks at the page.
const OPEN_TIMEOUT_MS: u64 = 5_000;
/// The same once two attempts in a row got no answer: the network may only be slow.
const SLOW_OPEN_TIMEOUT_MS: u64 = 7_500;
/// The same while nobody looks.
const HIDDEN_OPEN_TIMEOUT_MS: u64 = 10_000;
/// How long the first frame may take on an open socket, and the answer to a probe, in milliseconds.
const ANSWER_TIMEOUT_MS: u64 = 5_000;
/// Attempts without an answer start at most this far apart, in milliseconds, while somebody looks at the page.
const UNANSWERED_RETRY_MAX_MS: u64 = 8_000;
/// An attempt that began less than this ago, in milliseconds, is not replaced when the network comes back.
const FRESH_ATTEMPT_MS: u64 = 2_000;
/// A timer that fires later than this, in milliseconds, says that the device was suspended.
pub(crate) const SUSPEND_THRESHOLD_MS: u64 = 10_000;
/// The shortest and the longest wait after a failure, in milliseconds.
const BACKOFF_MS: (u64, u64) = (500, 30_000);
/// Failures are forgotten after being online this long, in milliseconds.
const HEALTHY_AFTER_MS: u64 = 60_000;

/// The state that a person is told in words, when it is not `Online`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not started, or a socket is being opened.
    Connecting,
    /// `welcome` has come.
    Online,
    /// Closed; the next try is at this monotonic time.
    Waiting {
        /// Monotonic milliseconds; `u64::MAX` where only the person can decide to try again.
        retry_at: u64,
    },
    /// The server closed this connection because there are too many of this session or person, and this one was the oldest.
    /// The next try is when the page becomes visible again or the person asks: two tabs would close each other in turn.
    Parked,
    /// The session has ended.
    SignedOut,
}

/// See [`ConnectionState`]; times are monotonic milliseconds.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Idle,
    Opening {
        since: u64,
        until: u64,
    },
    /// Open, `hello` sent.
    Greeting {
        since: u64,
        until: u64,
        /// Whether any frame has come.
        answered: bool,
    },
    Online {
        since: u64,
        /// When the connection counts as lost if nothing is received before.
        until: u64,
        /// Whether a probe (`ping`) is pending.
        probing: bool,
    },
    Waiting {
        retry_at: u64,
    },
    Parked,
    Ended,
}

/// What follows from a closed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It was closed already.
    Known,
    /// It will be tried again, now or later.
    Lost,
    /// Trying again is no use: this page does not speak as the server expects.
    Refused,
    /// The session has ended.
    SignedOut,
}

/// The next step after a deadline, or when the network or the person is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Nothing,
    /// Send `ping`.
    Probe,
    /// Open a socket.
    Connect,
    /// The connection or attempt is lost, and another one follows later.
    Lose,
    /// The same, but the next socket is to be opened at once.
    Reconnect,
}

/// One connection after another.
#[derive(Debug)]
pub(crate) struct Connection {
    phase: Phase,
    backoff: Backoff,
    /// How long the server asked to stay away after the next close; ends with that close.
    stay_away: Option<u64>,
    /// Attempts in a row that got no answer at all.
    unanswered: u32,
}

impl Connection {
    pub(crate) const fn new() -> Self {
        let (base, cap) = BACKOFF_MS;
        Self { phase: Phase::Idle, backoff: Backoff::new(base, cap), stay_away: None, unanswered: 0 }
    }

    pub(crate) const fn state(&self) -> ConnectionState {
        match self.phase {
            Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => ConnectionState::Connecting,
            Phase::Online { .. } => ConnectionState::Online,
            Phase::Waiting { retry_at } => ConnectionState::Waiting { retry_at },
            Phase::Parked => ConnectionState::Parked,
            Phase::Ended => ConnectionState::SignedOut,
        }
    }

    pub(crate) const fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online { .. })
    }

    /// Whether frames of the present socket are processed. A socket that was given up may still deliver frames until the next
    /// one replaces it.
    pub(crate) const fn accepts_frames(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. } | Phase::Online { .. })
    }

    /// Whether acks and nacks of a socket that was given up, or parked by the server, still count.
    pub(crate) const fn takes_late_answers(&self) -> bool {
        match self.phase {
            Phase::Opening { .. } | Phase::Parked => true,
            // What the server says there may mean something else.
            Phase::Waiting { retry_at } => retry_at != u64::MAX,
            Phase::Idle | Phase::Greeting { .. } | Phase::Online { .. } | Phase::Ended => false,
        }
    }

    pub(crate) const fn is_greeting(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. })
    }

    /// When [`Connection::time_out`] or [`Connection::is_due`] has to be asked.
    pub(crate) const fn deadline(&self, watches_silence: bool) -> Option<u64> {
        match self.phase {
            Phase::Opening { until, .. } | Phase::Greeting { until, .. } => Some(until),
            Phase::Online { until, .. } if watches_silence => Some(until),
            Phase::Waiting { retry_at: u64::MAX } => None,
            Phase::Waiting { retry_at } => Some(retry_at),
            Phase::Idle | Phase::Online { .. } | Phase::Parked | Phase::Ended => None,
        }
    }

    /// Whether a socket is to be opened now, instead of later.
    pub(crate) const fn connect(&mut self, now: Now, is_visible: bool) -> bool {
        let waits = matches!(self.phase, Phase::Idle | Phase::Waiting { .. });
        if waits {
            self.open(now, is_visible);
        }
        waits
    }

    const fn open(&mut self, now: Now, is_visible: bool) {
        let limit = match (is_visible, self.unanswered) {
            (false, _) => HIDDEN_OPEN_TIMEOUT_MS,
            (true, 0..2) => OPEN_TIMEOUT_MS,
            (true, _) => SLOW_OPEN_TIMEOUT_MS,
        };
        self.phase = Phase::Opening { since: now.monotonic_ms, until: now.monotonic_ms + limit };
    }

    /// The network is back, the device woke up, or the person asks (`asked`): retries now, or probes an open connection.
    pub(crate) const fn hurry(&mut self, now: Now, is_visible: bool, asked: bool) -> Step {
        match self.phase {
            // Only the person may decide to try again.
            Phase::Waiting { retry_at: u64::MAX } | Phase::Parked if !asked => Step::Nothing,
            Phase::Idle | Phase::Waiting { .. } | Phase::Parked => {
                self.open(now, is_visible);
                Step::Connect
            }
            // What the network swallowed before it came back is sent again by TCP, but later and later.
            Phase::Opening { since, .. } | Phase::Greeting { since, answered: false, .. }
                if since + FRESH_ATTEMPT_MS <= now.monotonic_ms =>
            {
                self.open(now, is_visible);
                Step::Reconnect
            }
            Phase::Online { .. } => self.probe(now),
            Phase::Opening { .. } | Phase::Greeting { .. } | Phase::Ended => Step::Nothing,
        }
    }

    /// Asks whether the server is there, unless it is being asked already.
    pub(crate) const fn probe(&mut self, now: Now) -> Step {
        match self.phase {
            Phase::Online { since, probing: false, .. } => {
                self.phase = Phase::Online { since, until: now.monotonic_ms + ANSWER_TIMEOUT_MS, probing: true };
                Step::Probe
            }
            _ => Step::Nothing,
        }
    }

    /// Whether the socket that was just opened is one that we wait for.
    pub(crate) const fn opened(&mut self, now: Now) -> bool {
        let expected = matches!(self.phase, Phase::Opening { .. });
        if expected {
            self.stay_away = None;
            let since = now.monotonic_ms;
            self.phase = Phase::Greeting { since, until: since + ANSWER_TIMEOUT_MS, answered: false };
        }
        expected
    }

    /// A frame arrived. A heartbeat alone shows that the server is alive, but not that `welcome` will come.
    pub(crate) const fn frame_received(&mut self, now: Now, is_heartbeat: bool) {
        let until = now.monotonic_ms + IDLE_TIMEOUT_MS;
        match self.phase {
            Phase::Online { since, .. } => self.phase = Phase::Online { since, until, probing: false },
            Phase::Greeting { answered: true, .. } if is_heartbeat => {}
            Phase::Greeting { since, .. } => self.phase = Phase::Greeting { since, until, answered: true },
            _ => {}
        }
        self.unanswered = 0;
    }

    pub(crate) const fn welcomed(&mut self, now: Now) {
        if self.is_greeting() {
            let since = now.monotonic_ms;
            self.phase = Phase::Online { since, until: since + IDLE_TIMEOUT_MS, probing: false };
        }
    }

    pub(crate) const fn go_away(&mut self, retry_after_ms: u64) {
        self.stay_away = Some(retry_after_ms);
    }

    /// The other side closed the socket, or we gave it up (without a code).
    pub(crate) fn closed(&mut self, now: Now, code: Option<u16>) -> Closed {
        if matches!(self.phase, Phase::Idle | Phase::Waiting { .. } | Phase::Parked | Phase::Ended) {
            return Closed::Known;
        }
        self.unanswered = 0;
        match code.and_then(CloseCode::from_code) {
            Some(CloseCode::SessionRevoked) => {
                self.phase = Phase::Ended;
                Closed::SignedOut
            }
            Some(CloseCode::TooManySockets) => {
                self.phase = Phase::Parked;
                Closed::Lost
            }
            Some(code) if !code.should_reconnect() => {
                self.phase = Phase::Waiting { retry_at: u64::MAX };
                Closed::Refused
            }
            _ => {
                let wait = self.wait(now);
                self.phase = Phase::Waiting { retry_at: now.monotonic_ms + wait };
                Closed::Lost
            }
        }
    }

    fn wait(&mut self, now: Now) -> u64 {
        self.forget_failures(now);
        // A planned close is no failure.
        self.stay_away.take().unwrap_or_else(|| self.backoff.fail(now.random))
    }

    const fn forget_failures(&mut self, now: Now) {
        if matches!(self.phase, Phase::Online { since, .. } if now.monotonic_ms - since >= HEALTHY_AFTER_MS) {
            self.backoff.reset();
        }
    }

    /// What follows if the deadline of the present phase has passed.
    pub(crate) fn time_out(&mut self, now: Now, is_visible: bool, was_suspended: bool) -> Step {
        match self.phase {
            Phase::Opening { since, until } | Phase::Greeting { since, until, answered: false }
                if until <= now.monotonic_ms =>
            {
                self.unanswered += 1;
                let most = if is_visible { UNANSWERED_RETRY_MAX_MS.saturating_sub(until - since) } else { u64::MAX };
                let wait = self.backoff.fail_within(now.random, most);
                self.phase = Phase::Waiting { retry_at: now.monotonic_ms + wait };
                Step::Lose
            }
            // The server is alive and overloaded: more attempts would not help.
            Phase::Greeting { until, .. } if until <= now.monotonic_ms => {
                self.closed(now, None);
                Step::Lose
            }
            // Frames received meanwhile may not have been handed on yet.
            Phase::Online { until, probing: false, .. } if until <= now.monotonic_ms && was_suspended => {
                self.probe(now)
            }
            Phase::Online { until, .. } if until <= now.monotonic_ms => {
                self.forget_failures(now);
                if let Some(wait) = self.stay_away.take() {
                    self.phase = Phase::Waiting { retry_at: now.monotonic_ms + wait };
                    return Step::Lose;
                }
                self.open(now, is_visible);
                Step::Reconnect
            }
            _ => Step::Nothing,
        }
    }

    /// Whether the wait is over.
    pub(crate) const fn is_due(&self, now: Now) -> bool {
        matches!(self.phase, Phase::Waiting { retry_at } if retry_at <= now.monotonic_ms)
    }
}
