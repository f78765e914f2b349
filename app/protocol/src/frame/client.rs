//! What a client says.

use crate::tagged;
use crate::{ClientId, Cursor, Rev, RoomId, Seq, UserId};

tagged! {
    /// What a client says.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[serde(tag = "type", content = "data")]
    pub enum ClientFrame {
        /// The first frame of a connection.
        #[serde(rename = "hello")]
        Hello {
            /// [`crate::PROTOCOL_VERSION`] of the client.
            protocol: u32,
            /// The epoch of the cursors; none on a device that holds nothing.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            epoch: Option<uuid::Uuid>,
            /// Rooms whose rows the device holds, and how far; at most [`crate::limits::HELLO_CURSORS`].
            #[serde(default)]
            cursors: Vec<Cursor>,
        },
        /// Store this message.
        #[serde(rename = "message:send")]
        Send {
            /// The sender's name for it.
            client_id: ClientId,
            /// Where.
            room_id: RoomId,
            /// The text.
            body: String,
            /// The message that this one answers.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reply_to: Option<Seq>,
        },
        /// Give one's own message another text.
        #[serde(rename = "message:edit")]
        Edit {
            /// The sender's name for this revision; a repeat changes nothing.
            client_id: ClientId,
            /// Where.
            room_id: RoomId,
            /// Which message.
            seq: Seq,
            /// The text from now on.
            body: String,
        },
        /// Make a message a tombstone.
        #[serde(rename = "message:delete")]
        Delete {
            /// The sender's name for this revision.
            client_id: ClientId,
            /// Where.
            room_id: RoomId,
            /// Which message.
            seq: Seq,
        },
        /// Put one's own reaction to a message, or take it back.
        #[serde(rename = "reaction:set")]
        React {
            /// The sender's name for this revision.
            client_id: ClientId,
            /// Where.
            room_id: RoomId,
            /// Which message.
            seq: Seq,
            /// One emoji.
            emoji: String,
            /// Whether it is there from now on.
            on: bool,
        },
        /// Send what follows this cursor: the next batch once one is stored, or what is missing here. Of a room that the
        /// person is not in the answer is `room:gone`.
        #[serde(rename = "sync:more")]
        SyncMore {
            /// Where.
            room_id: RoomId,
            /// Every message up to this one is here.
            seq: Seq,
            /// Every revision up to this one is here.
            rev: Rev,
        },
        /// Everything up to `seq` has arrived on this device.
        #[serde(rename = "message:delivered")]
        Delivered {
            /// Where.
            room_id: RoomId,
            /// Up to here.
            seq: Seq,
        },
        /// A person has seen everything up to `seq`.
        #[serde(rename = "message:read")]
        Read {
            /// Where.
            room_id: RoomId,
            /// Up to here.
            seq: Seq,
        },
        /// What this device shows; replaces its previous `focus`. The server sends typing and presence of this only. Never stored.
        #[serde(rename = "focus")]
        Focus {
            /// The open room. The server sends its typing frames.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            room_id: Option<RoomId>,
            /// People whose presence is shown, at most [`crate::limits::FOCUS_USERS`]: sent at once and after each change.
            #[serde(default)]
            users: Vec<UserId>,
            /// Whether nobody looks at the device.
            #[serde(default)]
            away: bool,
        },
        /// What these people are called, as far as that changed.
        #[serde(rename = "people:get")]
        PeopleGet {
            /// Only people that changed after this `people_rev`; -1 where the device has no names yet.
            since: i64,
            /// Who, at most [`crate::limits::PEOPLE_IDS`].
            ids: Vec<UserId>,
        },
        /// The person is typing. Said again every [`crate::limits::TYPING_INTERVAL_MS`] while they go on. Never stored.
        #[serde(rename = "typing:start")]
        TypingStart {
            /// Where.
            room_id: RoomId,
        },
        /// They have stopped, or sent what they typed.
        #[serde(rename = "typing:stop")]
        TypingStop {
            /// Where.
            room_id: RoomId,
        },
        /// This client could not read a frame: said once per kind and connection, and counted. Has no answer.
        #[serde(rename = "frame:unreadable")]
        Unreadable {
            /// See [`crate::Unreadable::kind`]. Any other word counts as [`crate::Unreadable::UNKNOWN`].
            kind: String,
        },
        /// Asks for a `heartbeat` now. Allowed at any time, before `hello` too.
        #[serde(rename = "ping")]
        Ping {},
    }
}

impl ClientFrame {
    /// Every type of this direction, as on the wire.
    pub const TYPES: [&'static str; 14] = [
        "hello",
        "message:send",
        "message:edit",
        "message:delete",
        "reaction:set",
        "sync:more",
        "message:delivered",
        "message:read",
        "focus",
        "people:get",
        "typing:start",
        "typing:stop",
        "frame:unreadable",
        "ping",
    ];
}
