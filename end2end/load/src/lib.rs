//! Real devices against real nodes: the sync engine of the page, natively hosted, by the hundred or by the ten thousand.
//!
//! A [`Device`] obeys its engine and decides nothing. A [`Crowd`] is put straight into the database, because signing ten
//! thousand people up would measure password hashing. What came of it all is compared with the database by [`check`].

pub mod audience;
pub mod check;
pub mod crowd;
pub mod device;
pub mod servers;

pub use audience::Audience;
pub use crowd::{Crowd, Person};
pub use device::{Device, Journal, Sent, Site};

/// What can go wrong around a run; nobody but a person reads it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
