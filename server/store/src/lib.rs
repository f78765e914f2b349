//! The store: everything that Jackdaw persists, on SQLite or PostgreSQL.
//!
//! One trait, two engines, one story test that both pass. A method is one query or one transaction; rules about who
//! may do what live above, in the server, except those that must be checked in the transaction that writes. With the feature
//! `model` there is a third store, in memory, for tests and the simulator.
//!
//! Architecture invariant: SQL stands only in this crate, and no type of the database driver leaves it.

pub mod bounds;
mod codes;
pub mod cut;
mod decide;
mod digest;
mod driver;
mod error;
#[cfg(feature = "model")]
pub mod model;
mod postgres;
mod records;
mod revise;
pub mod rights;
mod sqlite;

pub use error::Error;
pub use records::{
    Access, Append, Appended, Created, Credentials, HistoryRange, Limit, MemberMark, NewRoom, NewSession, NewUser,
    Purged, RaisedMark, Revise, Revised, Revision, Rows, SessionRecord, Stamp,
};

use prometheus_client::metrics::histogram::Histogram;
use protocol::{
    Mark, Member, Message, Person, PublicRoom, Rev, Role, RoomHead, RoomId, RoomSummary, Seq, Session, SessionId,
    UnixMillis, User, UserId,
};
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

/// A database of users, sessions, rooms, members and messages.
#[async_trait::async_trait]
pub trait Store: Send + Sync + 'static {
    /// Brings the schema up to date, under a lock, so that nodes which start together do it once.
    async fn migrate(&self) -> Result<()>;
    /// Pings the database.
    async fn ping(&self) -> Result<()>;
    /// Open connections, and how many of them are in use.
    fn pool(&self) -> (u32, u32) {
        (0, 0)
    }
    /// The most connections that read at the same time.
    fn readers(&self) -> u32 {
        32
    }
    /// The epoch of the database; created with it.
    async fn epoch(&self) -> Result<uuid::Uuid>;
    /// As [`Store::epoch`], after a check of the database server's history. If it is not the one in which the epoch began (a replica
    /// was promoted, a backup was restored), acknowledged commits may be lost, and the epoch `next` begins.
    async fn check_epoch(&self, next: uuid::Uuid) -> Result<uuid::Uuid>;
    /// Replaces the epoch `old` by `next`, unless another node has done so already (compare and swap). Returns the present epoch.
    async fn begin_epoch(&self, old: uuid::Uuid, next: uuid::Uuid) -> Result<uuid::Uuid>;

    /// Stores a new account and makes it a member of the first public room. The first account of all administers
    /// the server and owns that room. Returns the user and the system message, if that room still exists. `Conflict` if the user
    /// name is taken.
    async fn create_user(&self, user: NewUser, stamp: Stamp) -> Result<(User, Option<Message>)>;
    /// The account with this name and its password's hash.
    async fn find_credentials(&self, username: &str) -> Result<Option<Credentials>>;
    /// The account with this id.
    async fn find_user(&self, id: UserId) -> Result<Option<User>>;
    /// Stores what a person may change about their account: the display name, and read receipts.
    async fn update_user(&self, user: &User) -> Result<()>;
    /// Stores when these people were last seen.
    async fn update_last_seen(&self, users: &[UserId], at: UnixMillis) -> Result<()>;
    /// When people were last seen, if known and visible to `viewer`: both must have read receipts on.
    async fn list_last_seen(&self, viewer: UserId, users: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>>;
    /// Whether there is any account.
    async fn has_users(&self) -> Result<bool>;
    /// Accounts whose user name or display name has a word that starts with `query` (any, if empty), by display name.
    async fn list_users(&self, query: &str, limit: i64) -> Result<Vec<User>>;

    /// The counter of changed names.
    async fn people_rev(&self) -> Result<i64>;
    /// Those of these people whose names were changed after `since`; -1 for all of them. In no order.
    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>>;
    /// People whose names were changed after `since`, in the order of the changes, `limit` at most.
    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>>;
    /// Stores a session in generation 1.
    async fn create_session(&self, session: NewSession) -> Result<()>;
    /// A session with its user, whatever its state.
    async fn find_session(&self, id: SessionId) -> Result<Option<SessionRecord>>;
    /// Moves a live session from `generation` to the next. Returns false if it is not live or not in that generation.
    async fn rotate_session(
        &self,
        id: SessionId,
        generation: i64,
        now: UnixMillis,
        expires: UnixMillis,
    ) -> Result<bool>;
    /// Records that the device has received this generation of a session.
    async fn see_generation(&self, id: SessionId, generation: i64) -> Result<()>;
    /// The user's live sessions, the latest seen first; `current` is false on all.
    async fn list_sessions(&self, user: UserId, now: UnixMillis) -> Result<Vec<Session>>;
    /// Those of these sessions that live. One query.
    async fn list_live_sessions(&self, ids: &[SessionId], now: UnixMillis) -> Result<Vec<SessionId>>;
    /// Ends a live session of this user. Returns false if there is none.
    async fn revoke_session(&self, user: UserId, id: SessionId, now: UnixMillis) -> Result<bool>;

    /// The user's rooms with heads, marks, unread counts and last messages, the latest active first. One query.
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>>;
    /// One room as this user sees it, member or not (`role` none). Returns `None` if it is neither theirs nor public.
    async fn find_room(&self, user: UserId, room: RoomId) -> Result<Option<RoomSummary>>;
    /// Public rooms that the user is not in, by name, 200 at most.
    async fn list_public_rooms(&self, user: UserId) -> Result<Vec<PublicRoom>>;
    /// The user's access to a room: role, kind and head.
    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>>;
    /// Stores a room with its creator as owner (in a direct room both as members) and the others as members; answers
    /// `Existing` where the two people have their direct room already. `NotFound` where a member does not exist.
    async fn create_room(&self, room: NewRoom, stamp: Stamp) -> Result<Created>;
    /// Renames a room. Returns the system message. Here and below the right of `actor` is checked in the transaction: `Forbidden` or
    /// `NotFound` without it.
    async fn rename_room(&self, room: RoomId, actor: UserId, name: &str, stamp: Stamp) -> Result<Message>;
    /// Deletes a room: nobody sees it from now on. Returns its former members. Its rows are left to [`Store::purge`].
    async fn delete_room(&self, room: RoomId, actor: UserId, now: UnixMillis) -> Result<Vec<UserId>>;
    /// Removes up to `most` rows of deleted rooms, in one short transaction, unless another node does or all nodes pause.
    async fn purge(&self, most: i64) -> Result<Purged>;

    /// Deletes up to `most` refusals older than `before`. Returns the count.
    async fn delete_refusals(&self, before: UnixMillis, most: i64) -> Result<u64>;

    /// Members in the order of their ids, those after `cursor`.
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>>;
    /// Ids of all members.
    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>>;
    /// Those of `others` who share a room with `user`. One query.
    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>>;
    /// All memberships of these users with their marks. One query.
    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>>;
    /// The marks of the members of these direct rooms, of those people who let others see them. One query.
    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>>;
    /// For each of these users a number that moves with their memberships, roles, and marks in direct rooms. One query.
    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>>;
    /// Makes `user` a member; `actor` is themselves (joined) or another (added). Nothing where they are one already;
    /// `NotFound` where there is no such user or room.
    async fn create_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>>;
    /// Ends a membership (left, or removed by `actor`). `Conflict` where it would leave the room without an owner.
    async fn delete_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message>;
    /// Gives a member a role. Nothing where they have it already. `Conflict` where it would leave the room without an owner.
    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>>;
    /// Raises members' marks, never above a room's head and never down, in one transaction. Returns the raised ones. Each member of a
    /// room is in `marks` once.
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>>;

    /// Stores a batch in one transaction: the right to post and repeats are decided inside, rooms are locked in id
    /// order, and each stored message takes its room's next `seq` in the order of the batch. One answer per entry, in order.
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>>;
    /// Stores an edit, a deletion or a reaction under the room's next `rev`, in one transaction: rights and repeats are
    /// decided inside.
    async fn revise(&self, revise: &Revise) -> Result<Revised>;
    /// A page of a room that `viewer` may see, oldest first; empty if they may not. Above the limit, the rows nearest to the start of
    /// the range. One query.
    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows>;
    /// The rows that a device at this cursor misses, as of one snapshot: rows up to its `seq` with a higher `rev`, in the order of
    /// their revisions, then rows after its `seq`. Returns `None` without such a room. One query.
    async fn list_changes(&self, room: RoomId, cursor: (Seq, Rev), limit: Limit) -> Result<Option<Rows>>;
    /// Heads of these rooms; a room that is gone is left out. One query.
    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>>;
}
