//! What the simulator, the engine's tests, fault runs, attacks and the load driver share.
//!
//! [`Disk`] is what a browser stores, [`Chance`] the random numbers that a seed repeats. With the feature `servers` there are real devices against real nodes as well: the sync engine
//! of the page, natively hosted, by the hundred or by the ten thousand. A [`Device`] carries out what its engine asks for and decides
//! nothing. A [`Population`] is put straight into the database, because signing ten thousand people up would measure password
//! hashing. What came of it all is compared with the database by [`check`].

mod chance;
#[cfg(feature = "servers")]
pub mod check;
#[cfg(feature = "servers")]
pub mod device;
mod disk;
#[cfg(feature = "servers")]
pub mod participants;
#[cfg(feature = "servers")]
pub mod population;
#[cfg(feature = "servers")]
pub mod servers;

pub use chance::Chance;
#[cfg(feature = "servers")]
pub use device::{Device, Journal, Sent, Site};
pub use disk::{Disk, saved};
#[cfg(feature = "servers")]
pub use participants::Participants;
#[cfg(feature = "servers")]
pub use population::{Person, Population};

/// Anything that keeps a run from going on: it ends with the text.
#[cfg(feature = "servers")]
pub type Error = Box<dyn std::error::Error + Send + Sync>;
