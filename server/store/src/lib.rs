//! The store: everything that Jackdaw persists, on SQLite or PostgreSQL.
//!
//! One trait per concern, two engines, one story test that both pass; [`Store`] is all of the traits. A method is one query or
//! one transaction; permissions that must be checked in the transaction that writes are in [`rules`], all
//! other rules live above, in the crate `chat`. With the feature `model` there is a third store, in memory, for tests and the simulator.
//!
//! Architecture invariant: SQL stands only in this crate, and no type of the database driver leaves it.

pub mod backup;
pub mod bounds;
mod codes;
pub mod cut;
mod digest;
mod driver;
mod dump;
mod error;
#[cfg(feature = "model")]
pub mod model;
mod postgres;
mod records;
pub mod rules;
mod sqlite;
mod traits;

pub use error::Error;
pub use records::{
    Access, Account, Actor, Append, Appended, AuditEntry, Created, Credentials, ErasedMessages, HistoryRange, Invite,
    Limit, MemberMark, NewInvite, NewReport, NewRoom, NewSession, NewUser, Purged, RaisedMark, Refusal, Registration,
    Revise, Revised, Revision, RoomChange, RoomCursor, Rows, SessionRecord, Stamp,
};
pub use traits::{
    Accounts, Administration, AuditLog, Bans, Blocks, Epochs, Invites, Maintenance, Marks, Members, Messages, People,
    Reports, Revisions, Rooms, Sessions, Settings, Store,
};

use prometheus_client::metrics::histogram::Histogram;
use std::path::PathBuf;
use std::sync::Arc;

/// Somebody is in as many rooms as one person can be.
const TOO_MANY_ROOMS: Error =
    Error::Conflict("You, or somebody you bring in, are in as many rooms as one can be. Leave one first.");

/// What a store method answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Opens the store that `url` names (`sqlite://PATH` or `postgres://…`) with at most `pool` connections. Nothing is
/// connected yet: a database that is away shows in the first call.
///
/// # Errors
/// `Invalid` where the URL cannot be understood.
pub fn open(url: &str, pool: u32) -> Result<Arc<dyn Store>> {
    open_watched(url, pool, Histogram::new([]))
}

/// As [`open`]; `waits` observes how long each statement waited for a connection, in seconds.
///
/// # Errors
/// `Invalid` where the URL cannot be understood.
pub fn open_watched(url: &str, pool: u32, waits: Histogram) -> Result<Arc<dyn Store>> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Arc::new(sqlite::Database::open(url, pool, waits)?)),
        Some("postgres" | "postgresql") => Ok(Arc::new(postgres::Database::open(url, pool, waits)?)),
        _ => Err(Error::Invalid("the database URL must start with sqlite: or postgres:".into())),
    }
}

/// The file of an embedded database; none where a server has it.
#[must_use]
pub fn file(url: &str) -> Option<PathBuf> {
    if url.starts_with("sqlite:") { sqlite::file(url) } else { None }
}
