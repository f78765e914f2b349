//! The one form in which an error reaches a client, over REST and over the socket.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. Text for people goes beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the request is malformed or out of limits; the message names the field.
    Invalid,
    /// 401: no session, or one that has ended.
    Unauthenticated,
    /// 403: known, but not allowed.
    Forbidden,
    /// 404: not there, or not for this person to see.
    NotFound,
    /// 409: contradicts what is stored.
    Conflict,
    /// 413: more bytes than allowed.
    TooLarge,
    /// 429: too many requests.
    RateLimited,
    /// 503: try again.
    Unavailable,
    /// 500: our fault; the details stay in the log.
    Internal,
    /// A code that a later version knows.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// Whether the same request may succeed later without a change.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Internal)
    }
}

/// An error as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: a sentence.
    pub message: String,
}

/// The JSON body of every REST answer with a status of 400 and above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ApiError,
}
