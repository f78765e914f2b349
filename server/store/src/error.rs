//! How a store fails, without the driver's types.

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Contradicts what is stored; the text names what.
    #[error("{0}")]
    Conflict(&'static str),
    /// Something named in the call is not there; the text names what.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The person who asks may not change this; a sentence.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The database did not answer in time, or at all. Nothing is half stored; the same call may succeed later.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The call cannot be made: a wrong URL, a folder that cannot be written, a schema from a later version.
    #[error("{0}")]
    Invalid(String),
    /// What should not happen.
    #[error("database: {0}")]
    Internal(String),
}
