//! What is measured: how its sockets are opened, how a message is sent, and how what arrives is understood.
//!
//! Frames are searched for the few fields that matter instead of being decoded: with a server on the same machine, what
//! a client spends is missing there.

pub(crate) mod jackdaw;
mod socketio;

use protocol::{RoomId, UserId};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use uuid::Uuid;

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// This repository's server.
    Jackdaw,
    /// Socket.IO with its Redis adapter and PostgreSQL, in `end2end/load/peers/socketio`.
    SocketIo,
}

/// Who opens a socket.
pub(crate) struct Visitor<'a> {
    pub(crate) user: UserId,
    pub(crate) room: RoomId,
    pub(crate) token: &'a str,
}

/// What a frame says, as far as a light client cares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A message, live. `order` grows within a room.
    Delivery { number: u32, order: u64 },
    /// The message with this number is stored.
    Ack(u32),
    /// It is not.
    Nack(u32),
    /// The socket may be used: the room is at `head` in this epoch.
    Welcome { head: u64, epoch: Option<Uuid> },
    /// What was missed: numbers of messages, and the cursor after them; there may be more.
    Missed { numbers: Vec<u32>, to: u64, more: bool },
    /// The room stands there, says the node.
    Head(u64),
    /// To be answered with this at once.
    Answer(&'static str),
    /// Nothing for a light client.
    Other,
}

impl Target {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Jackdaw => "jackdaw",
            Self::SocketIo => "socket.io",
        }
    }

    /// The address to open, and the value of `Authorization` where there is one.
    pub(crate) fn address(self, node: SocketAddr, visitor: &Visitor) -> (String, Option<String>) {
        match self {
            Self::Jackdaw => (format!("ws://{node}/ws"), Some(format!("Bearer {}", visitor.token))),
            Self::SocketIo => (socketio::address(node, visitor), None),
        }
    }

    /// What a client says first, once the socket is open; with how far it has the room, and in which life of the
    /// database, where it has been there before.
    pub(crate) fn hello(self, room: RoomId, held: Option<(u64, Uuid)>) -> Option<String> {
        match self {
            Self::Jackdaw => Some(jackdaw::hello(room, held)),
            Self::SocketIo => None,
        }
    }

    /// The frame that sends message `number`. `salt` keeps ids of different clients and runs apart.
    /// The body needs no escaping.
    pub(crate) fn send(self, room: RoomId, salt: u64, number: u32, body: &str) -> String {
        match self {
            Self::Jackdaw => jackdaw::send(room, salt, number, body),
            Self::SocketIo => socketio::send(room, salt, number, body),
        }
    }

    /// Asks for what follows a cursor, where that can be asked for.
    pub(crate) fn more(self, room: RoomId, seq: u64) -> Option<String> {
        match self {
            Self::Jackdaw => Some(jackdaw::more(room, seq)),
            Self::SocketIo => None,
        }
    }

    pub(crate) fn read(self, text: &str) -> Received {
        match self {
            Self::Jackdaw => jackdaw::read(text),
            Self::SocketIo => socketio::read(text),
        }
    }

    /// Whether every member sees the messages of a room in the order of their numbers.
    pub(crate) const fn keeps_order(self) -> bool {
        matches!(self, Self::Jackdaw)
    }
}

/// A UUID of version 7 that carries a number.
pub(crate) fn name(salt: u64, number: u32) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..6].copy_from_slice(&salt.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&number.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(salt >> 16, &bytes).into_uuid()
}

/// The number that a UUID carries, from its text.
fn number(name: &str) -> Option<u32> {
    u32::from_str_radix(name.get(28..36)?, 16).ok()
}

/// What follows the first `key` in the text.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split_once(key).map(|(_, rest)| rest)
}

/// The digits at the beginning of a text.
fn digits(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_its_number_and_differs_by_its_salt() {
        let one = name(0x0198_0000_0000_1234, 0xdead_beef);
        assert_eq!(one.get_version_num(), 7);
        assert_eq!(number(&one.to_string()), Some(0xdead_beef));
        assert_ne!(one, name(0x0198_0000_0000_1235, 0xdead_beef));
        assert_eq!(number("short"), None);
    }
}
