//! Where the connection stands.

/// The state that a person is told in words, when it is not `Online`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not started, or a socket is being opened.
    Connecting,
    /// `welcome` has come.
    Online,
    /// Closed; the next try is at this monotonic time.
    Waiting {
        /// Monotonic milliseconds.
        retry_at: u64,
    },
    /// The session has ended.
    SignedOut,
}
