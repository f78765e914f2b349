//! What a store does, by concern. Each trait is implemented where its statements stand, in `sql/`, once for both engines, and
//! in `model/` for the store in memory.

mod accounts;
mod administration;
mod audit;
mod bans;
mod blocks;
mod epochs;
mod invites;
mod maintenance;
mod marks;
mod members;
mod messages;
mod people;
mod reports;
mod revisions;
mod rooms;
mod sessions;
mod settings;

pub use accounts::Accounts;
pub use administration::Administration;
pub use audit::AuditLog;
pub use bans::Bans;
pub use blocks::Blocks;
pub use epochs::Epochs;
pub use invites::Invites;
pub use maintenance::Maintenance;
pub use marks::Marks;
pub use members::Members;
pub use messages::Messages;
pub use people::People;
pub use reports::Reports;
pub use revisions::Revisions;
pub use rooms::Rooms;
pub use sessions::Sessions;
pub use settings::Settings;

/// A database of users, sessions, rooms, members and messages: all traits of this crate in one, as `Arc<dyn Store>`. Its methods
/// are called without an import of their traits.
///
/// Beside the errors that a method names, each one answers `Unavailable` where the database does not answer in time.
pub trait Store:
    Maintenance
    + Epochs
    + Accounts
    + Administration
    + AuditLog
    + Invites
    + Settings
    + People
    + Sessions
    + Rooms
    + Members
    + Bans
    + Blocks
    + Reports
    + Settings
    + Marks
    + Messages
    + Revisions
    + Send
    + Sync
    + 'static
{
}

impl<T> Store for T where
    T: Maintenance
        + Epochs
        + Accounts
        + Administration
        + AuditLog
        + Invites
        + Settings
        + People
        + Sessions
        + Rooms
        + Members
        + Bans
        + Blocks
        + Reports
        + Settings
        + Marks
        + Messages
        + Revisions
        + Send
        + Sync
        + 'static
{
}
