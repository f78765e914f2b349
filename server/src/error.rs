//! The errors of requests: those of the rules, and what only HTTP has. The one place that turns an error into a status.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chat::error::{wait, whole_seconds};
use protocol::{ApiError, ErrorBody, ErrorCode, Invalid};
use std::time::Duration;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the rules answered.
    #[error(transparent)]
    Chat(#[from] chat::Error),
    /// No session, or one that has ended.
    #[error("{0}")]
    Unauthenticated(&'static str),
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
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Chat(invalid.into())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Chat(error.into())
    }
}

impl Error {
    const fn code(&self) -> ErrorCode {
        match self {
            Self::Chat(error) => error.code(),
            Self::Unauthenticated(_) => ErrorCode::Unauthenticated,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Busy { .. } | Self::NotServing { .. } | Self::Slow => ErrorCode::Unavailable,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Chat(chat::Error::Invalid(_)) => StatusCode::BAD_REQUEST,
            Self::Chat(chat::Error::Forbidden(_)) => StatusCode::FORBIDDEN,
            Self::Chat(chat::Error::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Chat(chat::Error::Conflict(_)) => StatusCode::CONFLICT,
            Self::Chat(chat::Error::RateLimited { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Chat(chat::Error::Unavailable(_)) | Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Chat(chat::Error::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotServing { .. } => StatusCode::BAD_GATEWAY,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// Seconds to wait before the next attempt, for the header `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Chat(error) => error.retry_after().map(whole_seconds),
            Self::Busy { retry_after } | Self::NotServing { retry_after } => Some(whole_seconds(*retry_after)),
            _ => None,
        }
    }

    /// What a client is told; a failure of ours is logged and its details stay in the log.
    #[must_use]
    pub fn into_api(self) -> ApiError {
        match self {
            Self::Chat(error) => error.into_api(),
            told => ApiError { code: told.code(), message: told.to_string() },
        }
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
