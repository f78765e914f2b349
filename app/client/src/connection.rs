//! Where the connection stands, and when to try again. Knows nothing of what is said on it.

use crate::Now;
use crate::backoff::Backoff;
use protocol::CloseCode;

/// How long a socket may take to open, and then `welcome` to come, in milliseconds.
const PATIENCE_MS: u64 = 10_000;
/// The shortest and the longest wait after a failure, in milliseconds.
const BACKOFF_MS: (u64, u64) = (500, 30_000);
/// Failures are forgotten after being online this long, in milliseconds.
const HEALTHY_MS: u64 = 60_000;

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
    /// The session has ended.
    SignedOut,
}

/// See [`ConnectionState`]; times are monotonic milliseconds.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Idle,
    Opening {
        until: u64,
    },
    /// Open, `hello` sent.
    Greeting {
        until: u64,
    },
    Online {
        since: u64,
    },
    Waiting {
        retry_at: u64,
    },
    Ended,
}

/// What follows from a closed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It was closed already.
    Known,
    /// It will be tried again.
    Waiting,
    /// Trying again is no use: this page does not speak as the server expects.
    Refused,
    /// The session has ended.
    SignedOut,
}

/// One connection after another.
#[derive(Debug)]
pub(crate) struct Connection {
    phase: Phase,
    backoff: Backoff,
    /// How long the server asked to stay away after the next close; ends with that close.
    stay_away: Option<u64>,
}

impl Connection {
    pub(crate) const fn new() -> Self {
        let (base, cap) = BACKOFF_MS;
        Self { phase: Phase::Idle, backoff: Backoff::new(base, cap), stay_away: None }
    }

    pub(crate) const fn state(&self) -> ConnectionState {
        match self.phase {
            Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => ConnectionState::Connecting,
            Phase::Online { .. } => ConnectionState::Online,
            Phase::Waiting { retry_at } => ConnectionState::Waiting { retry_at },
            Phase::Ended => ConnectionState::SignedOut,
        }
    }

    pub(crate) const fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online { .. })
    }

    /// Whether frames are of the present socket. A socket that was given up may still talk until the next one replaces it.
    pub(crate) const fn hears(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. } | Phase::Online { .. })
    }

    pub(crate) const fn is_greeting(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. })
    }

    /// When [`Connection::expired`] is to be asked.
    pub(crate) const fn deadline(&self) -> Option<u64> {
        match self.phase {
            Phase::Opening { until } | Phase::Greeting { until } => Some(until),
            Phase::Waiting { retry_at: u64::MAX } => None,
            Phase::Waiting { retry_at } => Some(retry_at),
            Phase::Idle | Phase::Online { .. } | Phase::Ended => None,
        }
    }

    /// Whether a socket is to be opened now, instead of later.
    pub(crate) const fn connect(&mut self, now: Now) -> bool {
        let waits = matches!(self.phase, Phase::Idle | Phase::Waiting { .. });
        if waits {
            self.phase = Phase::Opening { until: now.monotonic_ms + PATIENCE_MS };
        }
        waits
    }

    /// Whether the socket that was just opened is one that we wait for.
    pub(crate) const fn opened(&mut self, now: Now) -> bool {
        let expected = matches!(self.phase, Phase::Opening { .. });
        if expected {
            self.stay_away = None;
            self.phase = Phase::Greeting { until: now.monotonic_ms + PATIENCE_MS };
        }
        expected
    }

    pub(crate) const fn welcomed(&mut self, now: Now) {
        if self.is_greeting() {
            self.phase = Phase::Online { since: now.monotonic_ms };
        }
    }

    pub(crate) const fn go_away(&mut self, retry_after_ms: u64) {
        self.stay_away = Some(retry_after_ms);
    }

    /// The other side closed the socket, or we gave it up (without a code).
    pub(crate) fn closed(&mut self, now: Now, code: Option<u16>) -> Closed {
        if matches!(self.phase, Phase::Idle | Phase::Waiting { .. } | Phase::Ended) {
            return Closed::Known;
        }
        match code.and_then(CloseCode::from_code) {
            Some(CloseCode::SessionRevoked) => {
                self.phase = Phase::Ended;
                Closed::SignedOut
            }
            Some(code) if !code.should_reconnect() => {
                self.phase = Phase::Waiting { retry_at: u64::MAX };
                Closed::Refused
            }
            _ => {
                let wait = self.wait(now);
                self.phase = Phase::Waiting { retry_at: now.monotonic_ms + wait };
                Closed::Waiting
            }
        }
    }

    fn wait(&mut self, now: Now) -> u64 {
        if matches!(self.phase, Phase::Online { since } if now.monotonic_ms - since >= HEALTHY_MS) {
            self.backoff.reset();
        }
        // A planned close is no failure.
        self.stay_away.take().unwrap_or_else(|| self.backoff.fail(now.random))
    }

    /// Whether the socket took too long to open or to welcome us.
    pub(crate) const fn expired(&self, now: Now) -> bool {
        match self.phase {
            Phase::Opening { until } | Phase::Greeting { until } => until <= now.monotonic_ms,
            _ => false,
        }
    }

    /// Whether the wait is over.
    pub(crate) const fn is_due(&self, now: Now) -> bool {
        matches!(self.phase, Phase::Waiting { retry_at } if retry_at <= now.monotonic_ms)
    }
}
