//! The one exit of errors: typed below, turned into a status and an `ApiError` here, logged here once.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ApiError, ErrorBody, ErrorCode, Invalid};
use std::time::Duration;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Malformed or out of limits; the text names the field.
    #[error("{0}")]
    Invalid(String),
    /// No session, or one that has ended.
    #[error("{0}")]
    Unauthenticated(&'static str),
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
    RateLimited { problem: &'static str, retry_after: Duration },
    /// The node has no place for one more connection now.
    #[error("This server is full. Try again in {}.", wait(*retry_after))]
    Busy { retry_after: Duration },
    /// This node stops or has not begun: another one can answer. A status of its own, at which the shipped proxy asks
    /// another node and leaves this one out for a moment; no client can provoke it.
    #[error("This server is starting or stopping. Try again in {}.", wait(*retry_after))]
    NotServing { retry_after: Duration },
    /// The body did not come in time.
    #[error("The request did not arrive in time.")]
    Slow,
    /// More bytes than allowed.
    #[error("A request may have {} KiB.", protocol::limits::FRAME_BYTES / 1024)]
    TooLarge,
    /// Cannot be done now; the text is for the log.
    #[error("{0}")]
    Unavailable(String),
    /// Our fault; the text is for the log.
    #[error("{0}")]
    Internal(String),
}

/// A wait in words.
fn wait(time: Duration) -> String {
    match whole_seconds(time) {
        1 => "a second".to_owned(),
        seconds if seconds <= 90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// At least one, so that nobody comes back too early.
fn whole_seconds(time: Duration) -> u64 {
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
    const fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Unauthenticated(_) => ErrorCode::Unauthenticated,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Unavailable(_) | Self::Busy { .. } | Self::NotServing { .. } | Self::Slow => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotServing { .. } => StatusCode::BAD_GATEWAY,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds to wait before the next attempt, for the header `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Busy { retry_after } | Self::NotServing { retry_after } => {
                Some(whole_seconds(*retry_after))
            }
            Self::Unavailable(_) => Some(2),
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

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = self.retry_after();
        let mut response = (status, Json(ErrorBody { error: self.into_api() })).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
