//! What the two sides talk about: people, rooms, members and messages, as they are sent.

use crate::limits::PREVIEW_CHARS;
use crate::tagged;
use crate::{ClientId, Mark, Rev, RoomId, Seq, SessionId, UnixMillis, UserId};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A person, as everybody who shares a server with them may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// The name to sign in with: lower case, unique.
    pub username: String,
    /// The name to show.
    pub display_name: String,
    /// Whether this account administers the server. The first account does. Only the person is told: false for everybody else.
    pub is_admin: bool,
    /// When the account was made.
    pub created_at: UnixMillis,
    /// Whether others are told how far this person has received and read, and this person how far others have. Only the person is
    /// told: true for everybody else.
    #[serde(default = "yes")]
    pub receipts: bool,
}

impl User {
    /// The person as others see them: without what concerns only themselves. The fields stay, since earlier programs need them.
    #[must_use]
    pub fn seen_by_others(self) -> Self {
        Self { is_admin: false, receipts: true, ..self }
    }
}

const fn yes() -> bool {
    true
}

/// One device's session, as its owner sees it in the list of devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// The browser's or program's own words about itself.
    pub user_agent: String,
    /// When it signed in.
    pub created_at: UnixMillis,
    /// When it last renewed its access.
    pub last_seen_at: UnixMillis,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// What sort of room it is: who may see it, and who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomKind {
    /// Two people, once and for ever; it has no name of its own.
    Direct,
    /// Members only; they are added by others.
    Group,
    /// Anybody with an account may see and join it.
    Public,
    /// A kind of a later version. Members read and write; nobody administrates it from here.
    #[serde(other)]
    Unknown,
}

/// What a member may do in a room. Ordered: an owner may all that an admin may, and a role of a later version grants
/// nothing beyond reading and writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads and writes, and may leave.
    Member,
    /// Also adds and removes members and renames the room.
    Admin,
    /// Also gives roles and deletes the room.
    Owner,
    /// A role of a later version. Below all others.
    #[serde(other)]
    Unknown,
}

impl Role {
    const fn rank(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }
}

impl Ord for Role {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Role {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A room as one of its members (or, for a public room, anybody) sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// Which.
    pub id: RoomId,
    /// What sort.
    pub kind: RoomKind,
    /// Its name; for a direct room the other person's display name.
    pub name: String,
    /// Number of the newest message, 0 in an empty room.
    pub last_seq: Seq,
    /// Number of the newest revision, 0 where nothing was ever revised.
    pub last_rev: Rev,
    /// How far the asking person has read.
    pub read_seq: Seq,
    /// Text messages by others after `read_seq`, counted up to [`crate::limits::UNREAD_MAX`] + 1.
    pub unread: i64,
    /// The newest message, if any, as [`Message::preview`] cuts it.
    pub last_message: Option<Message>,
    /// Number of members.
    pub members_count: i64,
    /// The asking person's role; none where they are not a member.
    pub role: Option<Role>,
    /// The other person of a direct room.
    pub other: Option<User>,
    /// How far the other person of a direct room is, where both tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_mark: Option<Mark>,
    /// What the room is about; none where nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Since when nobody writes in it; none where it is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<UnixMillis>,
    /// Who of its members may write in it.
    #[serde(default, skip_serializing_if = "Posting::is_everybody")]
    pub posting: Posting,
}

/// Who of a room's members may write in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Posting {
    /// Every member.
    #[default]
    Everybody,
    /// Admins and owners: the room is for announcements.
    Admins,
    /// A rule of a later version. Here as `Admins`.
    #[serde(other)]
    Unknown,
}

impl Posting {
    /// Whether every member may write.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        *self == Self::Everybody
    }
}

/// What a person is called: one entry of the map of people, from which every name on a screen comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// The value of the database's counter of changes (`people_rev`) when this was changed last; 0 where it never was.
    pub rev: i64,
    /// The name to sign in with.
    pub username: String,
    /// The name to show.
    pub display_name: String,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// How far they have received.
    pub delivered_seq: Seq,
    /// How far they have read.
    pub read_seq: Seq,
}

/// Whether a person wrote the message or the room did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Written by its sender.
    Text,
    /// A fact about the room; `event` says which, `sender_id` who brought it about.
    System,
    /// A kind of a later version. Shown as a row that asks for a reload; never counted as unread.
    #[serde(other)]
    Unknown,
}

tagged! {
    /// A fact about a room, told as a message so that people see it and devices learn it the same way.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[serde(tag = "event", rename_all = "snake_case")]
    pub enum SystemEvent {
        /// The sender made the room.
        Created,
        /// The sender gave it another name.
        Renamed {
            /// The name from then on.
            name: String,
        },
        /// The sender came in by themselves.
        Joined,
        /// The sender added a person.
        Added {
            /// The added person.
            user_id: UserId,
            /// Their name at that time.
            display_name: String,
        },
        /// The sender went by themselves.
        Left,
        /// The sender removed a person.
        Removed {
            /// The removed person.
            user_id: UserId,
            /// Their name at that time.
            display_name: String,
        },
        /// The sender banned a person: removed them, and they cannot join again.
        Banned {
            /// The banned person.
            user_id: UserId,
            /// Their name at that time.
            display_name: String,
        },
        /// The sender changed a member's role.
        RoleChanged {
            /// The member.
            user_id: UserId,
            /// Their name at that time.
            display_name: String,
            /// The role from then on.
            role: Role,
        },
        /// The sender said what the room is about.
        TopicChanged {
            /// The topic from then on; empty where there is none any more.
            topic: String,
        },
        /// The sender archived the room: nobody writes in it any more.
        Archived,
        /// The sender restored the room from the archive.
        Restored,
        /// The sender said who may write.
        PostingChanged {
            /// The rule from then on.
            posting: Posting,
        },
        /// A fact of a later version. Shown as a row that asks for a reload.
        #[serde(other)]
        Unknown,
    }
}

/// Those who reacted to a message with one emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// What they reacted with.
    pub emoji: String,
    /// Who, the earliest first.
    pub users: Vec<UserId>,
}

impl Reaction {
    /// Puts a person's reaction among those of a message, or takes it out. Whether anything differs.
    pub fn set(reactions: &mut Vec<Self>, emoji: &str, user: UserId, on: bool) -> bool {
        let Some(reaction) = reactions.iter_mut().find(|reaction| reaction.emoji == emoji) else {
            if on {
                reactions.push(Self { emoji: emoji.to_owned(), users: vec![user] });
            }
            return on;
        };
        if reaction.users.contains(&user) == on {
            return false;
        }
        if on {
            reaction.users.push(user);
        } else {
            reaction.users.retain(|other| *other != user);
            reactions.retain(|reaction| !reaction.users.is_empty());
        }
        true
    }
}

/// A stored message. Known by `(room_id, seq)`; its `client_id` stays its key on every screen for life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The room it is in.
    pub room_id: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The newest revision that touched it; 0 if none did.
    pub rev: Rev,
    /// Who sent it.
    pub sender_id: UserId,
    /// The sender's display name when this was read from the database.
    pub sender_name: String,
    /// The sender's own name for it.
    pub client_id: ClientId,
    /// Text or system.
    pub kind: MessageKind,
    /// The text. Empty for a system message and for a deleted one.
    pub body: String,
    /// What a system message tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<SystemEvent>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When the server stored it.
    pub created_at: UnixMillis,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UnixMillis>,
    /// When it was deleted: from then on it is a tombstone without a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<UnixMillis>,
    /// What others think of it, the earliest emoji first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

impl Message {
    /// The message as a list of rooms has it: a text is cut after [`crate::limits::PREVIEW_CHARS`], reactions are left out.
    #[must_use]
    pub fn preview(&self) -> Self {
        let body = self.body.chars().take(PREVIEW_CHARS).collect();
        let Self { room_id, seq, rev, sender_id, client_id, kind, reply_to, created_at, edited_at, deleted_at, .. } =
            *self;
        Self {
            room_id,
            seq,
            rev,
            sender_id,
            sender_name: self.sender_name.clone(),
            client_id,
            kind,
            body,
            event: self.event.clone(),
            reply_to,
            created_at,
            edited_at,
            deleted_at,
            reactions: Vec::new(),
        }
    }

    /// Whether this version can show what the message says: neither its kind nor its event is of a later version.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.kind != MessageKind::Unknown && self.event != Some(SystemEvent::Unknown)
    }
}
