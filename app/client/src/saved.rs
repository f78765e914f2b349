//! What is persisted: messages that are not sent, and the rooms that were opened on this device.
//!
//! Everything that one `handle` changed in it comes out as one [`crate::Effect::Save`], to be written as one transaction.
//! A room's cursor is not written down: its rows say how far the device has it, so that it cannot be ahead of them.

use crate::Revision;
use protocol::{ClientId, Message, Person, Rev, RoomId, RoomSummary, Seq, UnixMillis, UserId};
use uuid::Uuid;

/// A message of this person's, or a change of one, that the server is not known to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Its place among all of them, tabs and page lives included: the next is higher than any that was seen. Two tabs may
    /// give the same one; then the ids decide.
    pub order: u64,
    /// Its key.
    pub client_id: ClientId,
    /// Where it goes.
    pub room_id: RoomId,
    /// The epoch of the message number in `wish`; none where there is no number, or the epoch was not known. A number of
    /// another epoch may mean another message.
    pub epoch: Option<Uuid>,
    /// What the server is to do.
    pub wish: Wish,
    /// Why only the person can decide what becomes of it, if so.
    pub failed: Option<Failure>,
}

/// See [`Unsent`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Store a message.
    Send {
        /// The text.
        body: String,
        /// The message that it answers.
        reply_to: Option<Seq>,
        /// When it was typed.
        created_at: UnixMillis,
    },
    /// Revise a stored one.
    Revise {
        /// Which.
        seq: Seq,
        /// How.
        revision: Revision,
    },
}

impl Wish {
    /// Whether it names a stored message by its number.
    #[must_use]
    pub const fn has_reference(&self) -> bool {
        matches!(self, Self::Send { reply_to: Some(_), .. } | Self::Revise { .. })
    }
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A sentence for people.
    pub reason: String,
    /// Whether trying again can help.
    pub retryable: bool,
}

/// A room as it is stored. Its rows are stored one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The room in the list.
    pub summary: RoomSummary,
    /// Every revision up to this one is in its rows.
    pub rev: Rev,
    /// When it was opened here last: those that were not for the longest time are left out.
    pub opened_at: UnixMillis,
}

/// One write to the device's storage. All writes are idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageWrite {
    /// This message is to be sent, or waits for the person. Replaces the record with its key.
    Unsent(Unsent),
    /// The server has this message: its record is removed.
    Sent {
        /// Its key.
        client_id: ClientId,
        /// Its number.
        seq: Seq,
        /// The number of the revision that changed it; 0 for a message itself.
        rev: Rev,
        /// When it was stored.
        created_at: UnixMillis,
    },
    /// The person gave this message up.
    Discarded(ClientId),
    /// The person opened this room in a follower tab: the leader persists it. Nothing to write.
    Opened(RoomId),
    /// The epoch that the rooms are of.
    Epoch(Uuid),
    /// What the list says of a room.
    Room(Box<RoomRecord>),
    /// A row, by its room and number.
    Row(Message),
    /// Removes a row.
    RowGone(RoomId, Seq),
    /// Removes a room with its rows.
    RoomGone(RoomId),
    /// The name of a person. A new [`StorageWrite::Epoch`] removes all of them.
    Person(Person),
    /// Removes a person.
    PersonGone(UserId),
    /// The stored names are as of this value of the server's counter.
    PeopleRev(i64),
}

impl StorageWrite {
    /// Whether other tabs are sent this write: they show the same unsent messages.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Sent { .. } | Self::Discarded(_) | Self::Opened(_))
    }
}

/// Everything that is persisted, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// See [`StorageWrite::Epoch`].
    pub epoch: Option<Uuid>,
    /// See [`StorageWrite::Unsent`].
    pub unsent: Vec<Unsent>,
    /// See [`StorageWrite::Room`].
    pub rooms: Vec<RoomRecord>,
    /// See [`StorageWrite::Row`].
    pub rows: Vec<Message>,
    /// See [`StorageWrite::Person`].
    pub people: Vec<Person>,
    /// See [`StorageWrite::PeopleRev`].
    pub people_rev: i64,
}
