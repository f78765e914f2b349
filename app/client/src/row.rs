//! One row on the screen: a message on its way, or one that is stored.

use protocol::{ClientId, Message};

/// How far a message of one's own is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowState {
    /// In the outbox: not yet known to be stored. Has no `seq` (0) and the device's own time.
    Sending,
    /// Stored. Has no `seq` (0) as long as rows before it are missing and it keeps the place where it was sent.
    Sent,
    /// The other person of a direct room has it on a device.
    Delivered,
    /// The other person of a direct room has seen it.
    Read,
    /// Refused by the server, or given up: only the person can decide. Has no `seq` (0).
    Failed {
        /// Why, a sentence for people.
        reason: String,
        /// Whether trying again can help.
        retryable: bool,
    },
}

/// A row. Its key is the message's `client_id` for life, so that confirming never re-creates what is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The message as far as it is known.
    pub message: Message,
    /// How far it is.
    pub state: RowState,
    /// Whether a change of it by this person is shown that is not known to be stored.
    pub revising: bool,
}

impl Row {
    /// The row's key on the screen.
    #[must_use]
    pub const fn key(&self) -> ClientId {
        self.message.client_id
    }
}
