//! Reads what a server sends with little code, for the page: all of it is downloaded before anything is live.
//!
//! What serde derives reads a value in one pass, with a loop over the fields written out for each type. Here a type only
//! names its fields, and one function looks them up. The derives stay, for those who need to know what is wrong with a
//! value, and for every other format. Both read the same: `tests/wire` has each frame read both ways.

use crate::{
    ApiError, ClientId, ErrorBody, ErrorCode, HistoryPage, Mark, Member, MemberPage, MessageKind, Posting, Presence,
    PresenceState, PublicRoom, PublicRooms, Rev, Role, RoomAnswer, RoomHead, RoomId, RoomKind, Seq, ServerFrame,
    Session, SessionId, SessionList, SystemEvent, UnixMillis, User, UserId, UserList,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use uuid::Uuid;

/// See the module.
pub trait FromJson: Sized {
    /// The value in a JSON text, if it is one of this type.
    fn from_json(json: &str) -> Option<Self>;
}

/// The fields of a JSON object, each as its text.
pub struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The object in a JSON text, if it is one.
    #[must_use]
    pub fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The text of a field; `null` where there is no such field.
    #[must_use]
    pub fn text(&self, name: &str) -> &'a str {
        self.0.iter().find(|(known, _)| known == name).map_or("null", |(_, value)| value.get())
    }

    /// The name and the text of the only field, as enums have it. None where there is none.
    #[must_use]
    pub fn only(&self) -> Option<(&str, &'a str)> {
        self.0.first().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The value of a field. One that may be missing is an [`Option`].
    #[must_use]
    pub fn field<T: FromJson>(&self, name: &str) -> Option<T> {
        T::from_json(self.text(name))
    }
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'a> Visitor<'a> for Fields {
            type Value = Object<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        from.deserialize_map(Fields)
    }
}

/// The texts of an array's items.
fn items(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

/// A missing one is empty.
impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &str) -> Option<Self> {
        let mut read = Self::new();
        if json == "null" {
            return Some(read);
        }
        for item in items(json)? {
            read.push(T::from_json(item.get())?);
        }
        Some(read)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &str) -> Option<Self> {
        if json == "null" { Some(None) } else { T::from_json(json).map(Some) }
    }
}

/// `receipts` may be missing: versions before that setting told marks.
impl FromJson for User {
    fn from_json(json: &str) -> Option<Self> {
        let fields = Object::read(json)?;
        Some(Self {
            id: fields.field("id")?,
            username: fields.field("username")?,
            display_name: fields.field("display_name")?,
            is_admin: fields.field("is_admin")?,
            created_at: fields.field("created_at")?,
            receipts: fields.field::<Option<bool>>("receipts")?.unwrap_or(true),
        })
    }
}

impl FromJson for String {
    fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

/// What Rust reads from the very same text.
macro_rules! plain {
    ($($name:ty),*) => {
        $(impl FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                json.parse().ok()
            }
        })*
    };
}

plain!(i64, u32, u64);

/// A missing one is false.
impl FromJson for bool {
    fn from_json(json: &str) -> Option<Self> {
        match json {
            "true" => Some(true),
            "false" | "null" => Some(false),
            _ => None,
        }
    }
}

impl FromJson for Uuid {
    fn from_json(json: &str) -> Option<Self> {
        json.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
    }
}

/// Types around one value.
macro_rules! newtype {
    ($($name:ident),*) => {
        $(impl FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                FromJson::from_json(json).map(Self)
            }
        })*
    };
}

newtype!(UserId, RoomId, SessionId, ClientId, Seq, Rev, UnixMillis);

/// Enums whose variants are words. A word of a later version is `Unknown`.
macro_rules! words {
    ($name:ident { $($word:literal => $variant:ident),* }) => {
        impl FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                Some(match json.strip_prefix('"')?.strip_suffix('"')? {
                    $($word => Self::$variant,)*
                    _ => Self::Unknown,
                })
            }
        }
    };
}

words!(RoomKind { "direct" => Direct, "group" => Group, "public" => Public });
words!(Role { "member" => Member, "admin" => Admin, "owner" => Owner });
words!(PresenceState { "offline" => Offline, "away" => Away, "online" => Online });
words!(MessageKind { "text" => Text, "system" => System });
words!(ErrorCode {
    "invalid" => Invalid,
    "unauthenticated" => Unauthenticated,
    "forbidden" => Forbidden,
    "not_found" => NotFound,
    "conflict" => Conflict,
    "too_large" => TooLarge,
    "rate_limited" => RateLimited,
    "unavailable" => Unavailable,
    "internal" => Internal
});

/// A missing one is `Everybody`: versions before it had no other rule.
impl FromJson for Posting {
    fn from_json(json: &str) -> Option<Self> {
        Some(match json {
            "null" | r#""everybody""# => Self::Everybody,
            r#""admins""# => Self::Admins,
            word if word.starts_with('"') => Self::Unknown,
            _ => return None,
        })
    }
}

/// Structs by the names of their fields, which are the names in the JSON text as well.
#[macro_export]
macro_rules! from_json {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl $crate::FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                let object = $crate::Object::read(json)?;
                Some(Self { $($field: object.field(stringify!($field))?),* })
            }
        })*
    };
}

from_json! {
    Session { id, user_agent, created_at, last_seen_at, current }
    Member { user, role, delivered_seq, read_seq }
    PublicRoom { id, name, members_count }
    HistoryPage { messages, next_cursor, rev }
    MemberPage { members, next_cursor }
    PublicRooms { rooms, next_cursor }
    RoomAnswer { room }
    UserList { users }
    SessionList { sessions }
    ApiError { code, message }
    ErrorBody { error }
}

/// Tuple structs of three, arrays in JSON.
macro_rules! triple {
    ($($name:ident),*) => {
        $(impl FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                let items = items(json)?;
                let [first, second, third] = items.as_slice() else { return None };
                Some(Self(
                    FromJson::from_json(first.get())?,
                    FromJson::from_json(second.get())?,
                    FromJson::from_json(third.get())?,
                ))
            }
        })*
    };
}

triple!(RoomHead, Mark, Presence);

impl FromJson for (Seq, Rev) {
    fn from_json(json: &str) -> Option<Self> {
        let items = items(json)?;
        let [seq, rev] = items.as_slice() else { return None };
        Some((FromJson::from_json(seq.get())?, FromJson::from_json(rev.get())?))
    }
}

impl FromJson for SystemEvent {
    fn from_json(json: &str) -> Option<Self> {
        let object = Object::read(json)?;
        let user_id = || object.field("user_id");
        let display_name = || object.field("display_name");
        Some(match object.text("event") {
            r#""created""# => Self::Created,
            r#""renamed""# => Self::Renamed { name: object.field("name")? },
            r#""joined""# => Self::Joined,
            r#""added""# => Self::Added { user_id: user_id()?, display_name: display_name()? },
            r#""left""# => Self::Left,
            r#""removed""# => Self::Removed { user_id: user_id()?, display_name: display_name()? },
            r#""banned""# => Self::Banned { user_id: user_id()?, display_name: display_name()? },
            r#""role_changed""# => {
                Self::RoleChanged { user_id: user_id()?, display_name: display_name()?, role: object.field("role")? }
            }
            r#""topic_changed""# => Self::TopicChanged { topic: object.field("topic")? },
            r#""archived""# => Self::Archived,
            r#""restored""# => Self::Restored,
            r#""posting_changed""# => Self::PostingChanged { posting: object.field("posting")? },
            event if event.starts_with('"') => Self::Unknown,
            _ => return None,
        })
    }
}

/// Variants of a frame by type, each with the names of its fields.
macro_rules! frames {
    ($name:ident { $($kind:literal => $variant:ident { $($field:ident),* })* }) => {
        impl $name {
            /// The frame of this type with these fields, if they are of their types.
            pub(crate) fn from_parts(kind: &str, data: &Object<'_>) -> Option<Self> {
                Some(match kind {
                    $($kind => Self::$variant { $($field: data.field(stringify!($field))?),* },)*
                    _ => return None,
                })
            }
        }

        impl FromJson for $name {
            fn from_json(json: &str) -> Option<Self> {
                let frame = Object::read(json)?;
                Self::from_parts(&frame.field::<String>("type")?, &Object::read(frame.text("data"))?)
            }
        }
    };
}

frames! {
    ServerFrame {
        "welcome" => Welcome { protocol, epoch, rooms, more, gone, people_rev, server_time }
        "rooms" => Rooms { rooms, more }
        "messages:offline" => Offline { room_id, from, rows, to, more }
        "room:reset" => Reset { room, rows, to }
        "sync:done" => SyncDone { }
        "message:ack" => Ack { client_id, room_id, seq, rev, created_at }
        "message:nack" => Nack { client_id, code, message, retryable, retry_after_ms }
        "message:new" => New { message }
        "message:changed" => Changed { message }
        "reaction:changed" => Reacted { room_id, seq, rev, user_id, emoji, on }
        "message:status" => Status { room_id, marks }
        "room:changed" => RoomChanged { room }
        "room:gone" => RoomGone { room_id }
        "heads" => Heads { rooms }
        "typing:start" => TypingStart { room_id, user_id, name }
        "typing:stop" => TypingStop { room_id, user_id }
        "presence:change" => Presence { users }
        "people" => People { people, rev }
        "person:changed" => PersonChanged { person }
        "heartbeat" => Heartbeat { }
        "goaway" => GoAway { retry_after_ms }
        "error" => Error { code, message, retryable }
    }
}
