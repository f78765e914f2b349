//! Arguments and results of the store that are not types of the wire.

mod accounts;

pub use accounts::{Account, Actor, AuditEntry, Credentials, ErasedMessages, Invite, NewInvite, NewUser, Registration};

use protocol::{
    ClientId, Mark, Message, MessageKind, Posting, ReportId, Rev, Role, RoomId, RoomKind, Seq, SessionId, SystemEvent,
    UnixMillis, User, UserId,
};
use std::time::Duration;

/// Identity and time of a system message that a change of a room leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The message's key, fresh for each change.
    pub client_id: ClientId,
    /// The time to show.
    pub now: UnixMillis,
}

impl Stamp {
    /// The row of the system message that says what `actor`, who has this name now, did in a room.
    pub(super) fn system_message(
        self,
        room_id: RoomId,
        seq: Seq,
        actor: UserId,
        actor_name: String,
        event: SystemEvent,
    ) -> Message {
        Message {
            room_id,
            seq,
            rev: Rev(0),
            sender_id: actor,
            sender_name: actor_name,
            client_id: self.client_id,
            kind: MessageKind::System,
            body: String::new(),
            event: Some(event),
            reply_to: None,
            created_at: self.now,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        }
    }
}

/// A session to store.
#[derive(Clone)]
pub struct NewSession {
    pub id: SessionId,
    pub user_id: UserId,
    pub user_agent: String,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
    /// The hash of the password that was checked: there is no session if it is another one by now. None for a new account.
    pub password_hash: Option<String>,
}

/// A session as stored.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    pub id: SessionId,
    pub user: User,
    /// How often its refresh token was renewed, from 1.
    pub generation: i64,
    /// The last generation that the device is known to have received; 0 where none is known.
    pub seen_generation: i64,
    /// When it was last renewed.
    pub rotated_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub revoked_at: Option<UnixMillis>,
}

/// A user's access to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub kind: RoomKind,
    /// None where they are not a member.
    pub role: Option<Role>,
    pub last_seq: Seq,
}

/// A room to store.
#[derive(Clone, Debug)]
pub struct NewRoom {
    pub id: RoomId,
    pub kind: RoomKind,
    /// None for a direct room.
    pub name: Option<String>,
    pub creator: UserId,
    /// Everybody else to bring in; the other one of a direct room.
    pub members: Vec<UserId>,
}

/// A report to store. The reason is checked already.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub id: ReportId,
    pub room_id: RoomId,
    pub seq: Seq,
    pub reporter_id: UserId,
    pub reason: String,
    pub now: UnixMillis,
}

/// The last room of a page of public rooms, in the order of their folded names: the next page begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomCursor {
    /// The name as the database folds it.
    pub name: String,
    /// Rooms of the same name are in the order of their ids.
    pub id: RoomId,
}

impl std::fmt::Display for RoomCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.id.0.simple(), self.name)
    }
}

impl RoomCursor {
    /// Reads what a page named as the cursor of the next one; none where it is no cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, name) = text.split_at_checked(32)?;
        Some(Self { name: name.to_owned(), id: RoomId(id.parse().ok()?) })
    }
}

/// What became of a room to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// Stored. Its first message tells of it, except in a direct room.
    New,
    /// These two people have their direct room already.
    Existing(RoomId),
}

/// What became of an attempt to remove rows of deleted rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purged {
    /// No deleted room has rows any more.
    Nothing,
    /// Another node removes rows, or has just done so: all of them together leave time for messages.
    NotYet,
    /// So many rows are gone, and there may be more. Until after the pause nobody removes any.
    Rows { count: u64, pause: Duration },
}

/// A message to store. The body is checked already.
#[derive(Clone, Debug)]
pub struct Append {
    pub room_id: RoomId,
    pub sender_id: UserId,
    pub client_id: ClientId,
    pub body: String,
    pub reply_to: Option<Seq>,
    pub created_at: UnixMillis,
}

/// What became of a message to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Stored now.
    Stored(Message),
    /// Stored before, by the same sender under the same id with the same room and body: this is the original.
    Repeated(Message),
    /// The sender used the id for something else.
    Conflict,
    /// The sender may not send it there, now or when the same message came before: for a day this is its answer.
    Refused(Refusal),
    /// It answers a message that is not there.
    BadReply,
    /// Another transaction holds the room for longer than a batch waits. Nothing is decided: the entry is to come again.
    Locked,
}

/// Why a sender may not send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such room, or the sender is not in it.
    NotMember,
    /// The other person of the direct room blocks the sender.
    Blocked,
    /// The room is archived.
    Archived,
    /// Only admins and owners write in the room, and the sender is neither.
    AdminsOnly,
}

impl Refusal {
    /// Why, for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotMember => "There is no such room.",
            Self::Blocked => "You cannot write to this person.",
            Self::Archived => "This room is archived: nobody can write in it.",
            Self::AdminsOnly => "Only admins and owners of this room may write in it.",
        }
    }
}

/// A change of a room. Texts are checked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomChange {
    Name(String),
    /// Empty for none.
    Topic(String),
    Archived(bool),
    Posting(Posting),
}

impl RoomChange {
    /// What the room's system message says of it.
    pub(super) fn event(&self) -> SystemEvent {
        match self {
            Self::Name(name) => SystemEvent::Renamed { name: name.clone() },
            Self::Topic(topic) => SystemEvent::TopicChanged { topic: topic.clone() },
            Self::Archived(true) => SystemEvent::Archived,
            Self::Archived(false) => SystemEvent::Restored,
            Self::Posting(posting) => SystemEvent::PostingChanged { posting: *posting },
        }
    }
}

impl Appended {
    /// The message, if it was stored just now.
    #[must_use]
    pub const fn stored(&self) -> Option<&Message> {
        if let Self::Stored(message) = self { Some(message) } else { None }
    }
}

/// A revision to store. Texts are checked already.
#[derive(Clone, Debug)]
pub struct Revise {
    pub room_id: RoomId,
    pub seq: Seq,
    pub user_id: UserId,
    pub client_id: ClientId,
    pub revision: Revision,
    pub now: UnixMillis,
}

/// An edit, a deletion or a reaction of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    Edit { body: String },
    Delete,
    React { emoji: String, on: bool },
}

impl Revision {
    /// Bytes of its text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Edit { body } => body.len(),
            Self::Delete => 0,
            Self::React { emoji, .. } => emoji.len(),
        }
    }
}

/// What became of a revision to store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
pub enum Revised {
    /// Stored now: the row afterwards.
    Stored(Message),
    /// Stored before under the same id, or nothing differs: the revision that it was.
    Repeated(Rev),
    /// The id was used for another message.
    Conflict,
    /// No such room, or the person is not in it.
    NotMember,
    /// No such message.
    NotFound,
    /// The message is not theirs to change so; a sentence.
    Forbidden(&'static str),
    /// What the message is cannot be changed so; a sentence.
    Impossible(&'static str),
}

/// Somebody's place in a room, with their marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberMark {
    /// Where.
    pub room_id: RoomId,
    /// Of which kind the room is: in direct rooms the other person's marks are shown.
    pub kind: RoomKind,
    /// Who, and how far they are.
    pub mark: Mark,
}

/// A member's marks after at least one of them was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaisedMark {
    pub room_id: RoomId,
    pub mark: Mark,
    /// The members of the room, to whom the marks would be sent.
    pub members_count: i64,
    /// Whether the member wants others to know.
    pub receipts: bool,
}

/// How much one read of rows answers with: what comes first counts, but one row at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub rows: i64,
    /// Of the rows as JSON.
    pub bytes: usize,
}

impl Limit {
    /// No limit in bytes.
    #[must_use]
    pub const fn rows(rows: i64) -> Self {
        Self { rows, bytes: usize::MAX }
    }

    /// As a statement compares it with what rows take in the database.
    pub(super) fn stored_bytes(self) -> i64 {
        i64::try_from(self.bytes).unwrap_or(i64::MAX)
    }
}

/// Rows of a room, and where the room stood when they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub messages: Vec<Message>,
    pub last_seq: Seq,
    pub last_rev: Rev,
    /// Whether the read stopped at its limit: there is more of what was asked for.
    pub more: bool,
}

/// Which page of a room's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRange {
    /// The newest.
    Newest,
    /// The newest of those with a lower number.
    Before(Seq),
    /// The oldest of those with a higher number.
    After(Seq),
    /// Half before, and from this one on.
    Around(Seq),
}

impl HistoryRange {
    /// Where the page begins: rows are read from here on, in one direction or in both.
    pub(super) fn centre(self) -> Seq {
        match self {
            Self::Newest => Seq(i64::MAX),
            Self::Before(seq) | Self::After(seq) | Self::Around(seq) => seq.max(Seq(0)),
        }
    }
}
