//! What outlives a page: messages that are not sent, and the rooms that were opened on this device.
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
    Say {
        /// The text.
        body: String,
        /// The message that it answers.
        reply_to: Option<Seq>,
        /// When it was typed.
        created_at: UnixMillis,
    },
    /// Change a stored one.
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
        matches!(self, Self::Say { reply_to: Some(_), .. } | Self::Revise { .. })
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

/// A room as it is kept. Its rows are kept one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The room in the list.
    pub summary: RoomSummary,
    /// Every revision up to this one is in its rows.
    pub rev: Rev,
    /// When it was opened here last: those that were not for the longest time are left out.
    pub opened_at: UnixMillis,
}

/// One thing that differs from what is kept. All of them are harmless when done twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This message is to be sent, or waits for the person. Replaces what is kept under its key.
    Unsent(Unsent),
    /// The server has this message: nothing is kept of it but its row.
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
    /// The person opened this room in a tab that keeps no rooms: the one that does keeps it for all. Nothing to write.
    Opened(RoomId),
    /// Which life of the server's database the rooms are of.
    Epoch(Uuid),
    /// What the list says of a room.
    Room(Box<RoomRecord>),
    /// A row, by its room and number.
    Row(Message),
    /// A row that is kept no longer.
    RowGone(RoomId, Seq),
    /// A room that is kept no longer, with its rows.
    RoomGone(RoomId),
    /// What somebody is called. A new [`Change::Epoch`] forgets all of them.
    Person(Person),
    /// Somebody whose name is kept no longer.
    PersonGone(UserId),
    /// The names that are kept are as of this value of the server's counter.
    PeopleRev(i64),
}

impl Change {
    /// Whether other tabs need to know: they show the same messages as unsent.
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Sent { .. } | Self::Discarded(_) | Self::Opened(_))
    }
}

/// Everything that is kept, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// See [`Change::Epoch`].
    pub epoch: Option<Uuid>,
    /// See [`Change::Unsent`].
    pub unsent: Vec<Unsent>,
    /// See [`Change::Room`].
    pub rooms: Vec<RoomRecord>,
    /// See [`Change::Row`].
    pub rows: Vec<Message>,
    /// See [`Change::Person`].
    pub people: Vec<Person>,
    /// See [`Change::PeopleRev`].
    pub people_rev: i64,
}
