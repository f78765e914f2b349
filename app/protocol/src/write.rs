//! Writes what the page sends and keeps with little code, as `read` reads: types only name their fields, and one
//! function writes them. It is what serde's derives read, which everybody else uses.

use crate::{
    AddMember, ClientFrame, ClientId, CreateRoom, Cursor, Mark, Message, MessageKind, Person, Posting, Reaction, Rev,
    Role, RoomId, RoomKind, RoomSummary, Seq, SetRole, SystemEvent, UnixMillis, UpdateRoom, User, UserId,
};
use std::fmt::{self, Write};
use uuid::Uuid;

/// See the module.
pub trait ToJson {
    /// Appends the value to a JSON text.
    fn write(&self, json: &mut String);

    /// The value as a JSON text.
    fn to_json(&self) -> String
    where
        Self: Sized,
    {
        let mut json = String::new();
        self.write(&mut json);
        json
    }
}

/// Appends an object to a JSON text. A field that is none is `null`.
pub fn write_object(json: &mut String, fields: &[(&str, &dyn ToJson)]) {
    json.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        name.write(json);
        json.push(':');
        value.write(json);
    }
    json.push('}');
}

fn write_array(json: &mut String, items: &mut dyn Iterator<Item = &dyn ToJson>) {
    json.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            json.push(',');
        }
        item.write(json);
    }
    json.push(']');
}

fn write_option(json: &mut String, value: Option<&dyn ToJson>) {
    match value {
        Some(value) => value.write(json),
        None => json.push_str("null"),
    }
}

fn write_plain(json: &mut String, value: &dyn fmt::Display) {
    let _ = write!(json, "{value}");
}

impl ToJson for &str {
    fn write(&self, json: &mut String) {
        json.push_str(&serde_json::to_string(self).expect("a text can be written as JSON"));
    }
}

impl ToJson for String {
    fn write(&self, json: &mut String) {
        self.as_str().write(json);
    }
}

/// What Rust writes as the very same text.
macro_rules! plain {
    ($($name:ty),*) => {
        $(impl ToJson for $name {
            fn write(&self, json: &mut String) {
                write_plain(json, self);
            }
        })*
    };
}

plain!(bool, i64, u32, u64, Seq, Rev);

/// Ids: what they display as holds nothing that JSON would escape.
macro_rules! quoted {
    ($($name:ty),*) => {
        $(impl ToJson for $name {
            fn write(&self, json: &mut String) {
                json.push('"');
                write_plain(json, self);
                json.push('"');
            }
        })*
    };
}

quoted!(Uuid, UserId, RoomId, ClientId);

impl ToJson for UnixMillis {
    fn write(&self, json: &mut String) {
        self.0.write(json);
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, json: &mut String) {
        write_option(json, self.as_ref().map(|value| value as &dyn ToJson));
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, json: &mut String) {
        write_array(json, &mut self.iter().map(|item| item as &dyn ToJson));
    }
}

/// Enums whose variants are words.
macro_rules! words {
    ($($name:ident { $($variant:ident => $word:literal),* })*) => {
        $(impl ToJson for $name {
            fn write(&self, json: &mut String) {
                match self { $(Self::$variant => $word,)* }.write(json);
            }
        })*
    };
}

words! {
    RoomKind { Direct => "direct", Group => "group", Public => "public", Unknown => "unknown" }
    Role { Member => "member", Admin => "admin", Owner => "owner", Unknown => "unknown" }
    Posting { Everybody => "everybody", Admins => "admins", Unknown => "unknown" }
    MessageKind { Text => "text", System => "system", Unknown => "unknown" }
}

/// Tuple structs of three, arrays in JSON.
macro_rules! triple {
    ($($name:ident),*) => {
        $(impl ToJson for $name {
            fn write(&self, json: &mut String) {
                let items: [&dyn ToJson; 3] = [&self.0, &self.1, &self.2];
                write_array(json, &mut items.into_iter());
            }
        })*
    };
}

triple!(Cursor, Mark);

/// Structs by the names of their fields, which are the names in the JSON text as well.
#[macro_export]
macro_rules! to_json {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl $crate::ToJson for $name {
            fn write(&self, json: &mut String) {
                $crate::write_object(json, &[$((stringify!($field), &self.$field)),*]);
            }
        })*
    };
}

/// As [`to_json`], for what the page reads by the same names too.
macro_rules! both_ways {
    ($($structs:tt)*) => {
        crate::from_json! { $($structs)* }
        crate::to_json! { $($structs)* }
    };
}

both_ways! {
    Message {
        room_id, seq, rev, sender_id, sender_name, client_id, kind, body, event, reply_to, created_at, edited_at,
        deleted_at, reactions,
    }
    RoomSummary {
        id, kind, name, last_seq, last_rev, read_seq, unread, last_message, members_count, role, other,
        other_mark, topic, archived_at, posting,
    }
    Reaction { emoji, users }
    Person { id, rev, username, display_name }
}

to_json! {
    User { id, username, display_name, is_admin, created_at, receipts }
    UpdateRoom { name, topic, archived, posting }
    AddMember { user_id }
    SetRole { role }
}

/// Variants by the word that tells them apart, each with the names of its fields, beside that word.
macro_rules! tagged {
    ($name:ident $tag:literal { $($variant:ident { $($field:ident),* } => $word:literal)* }) => {
        impl ToJson for $name {
            fn write(&self, json: &mut String) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        write_object(json, &[($tag, &$word), $((stringify!($field), $field)),*]);
                    })*
                }
            }
        }
    };
}

tagged! {
    SystemEvent "event" {
        Created {} => "created"
        Renamed { name } => "renamed"
        Joined {} => "joined"
        Added { user_id, display_name } => "added"
        Left {} => "left"
        Removed { user_id, display_name } => "removed"
        Banned { user_id, display_name } => "banned"
        RoleChanged { user_id, display_name, role } => "role_changed"
        TopicChanged { topic } => "topic_changed"
        Archived {} => "archived"
        Restored {} => "restored"
        PostingChanged { posting } => "posting_changed"
        Unknown {} => "unknown"
    }
}

tagged! {
    CreateRoom "kind" {
        Direct { user_id } => "direct"
        Group { name, member_ids } => "group"
        Public { name } => "public"
    }
}

/// Frames: the fields are an object of their own.
macro_rules! frames {
    ($name:ident { $($variant:ident { $($field:ident),* } => $kind:literal)* }) => {
        impl ToJson for $name {
            fn write(&self, json: &mut String) {
                struct Fields<'a>(&'a [(&'static str, &'a dyn ToJson)]);
                impl ToJson for Fields<'_> {
                    fn write(&self, json: &mut String) {
                        write_object(json, self.0);
                    }
                }
                match self {
                    $(Self::$variant { $($field),* } => {
                        let data = Fields(&[$((stringify!($field), $field)),*]);
                        write_object(json, &[("type", &$kind), ("data", &data)]);
                    })*
                }
            }
        }
    };
}

frames! {
    ClientFrame {
        Hello { protocol, epoch, cursors } => "hello"
        Send { client_id, room_id, body, reply_to } => "message:send"
        Edit { client_id, room_id, seq, body } => "message:edit"
        Delete { client_id, room_id, seq } => "message:delete"
        React { client_id, room_id, seq, emoji, on } => "reaction:set"
        SyncMore { room_id, seq, rev } => "sync:more"
        Delivered { room_id, seq } => "message:delivered"
        Read { room_id, seq } => "message:read"
        Focus { room_id, users, away } => "focus"
        PeopleGet { since, ids } => "people:get"
        TypingStart { room_id } => "typing:start"
        TypingStop { room_id } => "typing:stop"
        Ping {} => "ping"
    }
}
