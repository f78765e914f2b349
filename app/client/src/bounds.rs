//! The bounds of the engine that are not part of the protocol, for the server's table of bounds and its document.

pub use crate::outbox::ACK_TIMEOUT_MS;
pub use crate::people::PEOPLE_MAX;
pub use crate::persistence::ROOMS as PERSISTED_ROOMS;
pub use crate::timeline::WINDOW as WINDOW_ROWS;
