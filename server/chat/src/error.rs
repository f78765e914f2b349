//! The errors of the rules, with the one exit for sockets and requests: turned into an `ApiError` here, logged here once. Statuses
//! belong to HTTP and are not known here.

use protocol::{ApiError, ErrorCode, Invalid};
use std::time::Duration;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Malformed or out of limits; the text names the field.
    #[error("{0}")]
    Invalid(String),
    /// Known, but not allowed.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Not there, or not for this person to see.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// Contradicts what is stored.
    #[error("{0}")]
    Conflict(&'static str),
    /// More often than allowed.
    #[error("{problem} Try again in {}.", wait(*retry_after))]
    RateLimited {
        /// A sentence.
        problem: &'static str,
        /// Until one more is allowed.
        retry_after: Duration,
    },
    /// Cannot be done now; the text is for the log.
    #[error("{0}")]
    Unavailable(String),
    /// Our fault; the text is for the log.
    #[error("{0}")]
    Internal(String),
}

/// A wait in words.
#[must_use]
pub fn wait(time: Duration) -> String {
    match whole_seconds(time) {
        1 => "a second".to_owned(),
        seconds if seconds <= 90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// At least one, so that nobody comes back too early.
#[must_use]
pub fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().map_or(u64::MAX, |seconds: u64| seconds.max(1))
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid.to_string())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict(what) => Self::Conflict(what),
            store::Error::NotFound(what) => Self::NotFound(what),
            store::Error::Forbidden(why) => Self::Forbidden(why),
            store::Error::Unavailable(why) => Self::Unavailable(why),
            store::Error::Invalid(why) | store::Error::Internal(why) => Self::Internal(why),
        }
    }
}

impl Error {
    /// The kind of problem, for the client.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// How long to wait before the next attempt; none where waiting does not help.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable(_) => Some(Duration::from_secs(2)),
            _ => None,
        }
    }

    /// What a client is told, once it has been logged. Details of a failure of ours stay in the log.
    #[must_use]
    pub fn into_api(self) -> ApiError {
        let code = self.code();
        let message = match &self {
            Self::Unavailable(why) => {
                tracing::warn!(why, "unavailable");
                "The server cannot do this right now. Try again in a moment.".to_owned()
            }
            Self::Internal(why) => {
                tracing::error!(why, "internal error");
                "Something went wrong on the server. It has been logged.".to_owned()
            }
            told => told.to_string(),
        };
        ApiError { code, message }
    }
}
