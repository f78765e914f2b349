//! What a server says.

use crate::tagged;
use crate::{
    ApiError, ClientId, ErrorCode, Mark, Message, Person, Presence, Rev, RoomHead, RoomId, RoomSummary, Seq,
    UnixMillis, UserId,
};

tagged! {
    /// What a server says.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[serde(tag = "type", content = "data")]
    pub enum ServerFrame {
        /// Answer to `hello`.
        #[serde(rename = "welcome")]
        Welcome {
            /// [`crate::PROTOCOL_VERSION`] of the server.
            protocol: u32,
            /// The epoch of the database; with another one the client drops its cached rooms.
            epoch: uuid::Uuid,
            /// The person's rooms with their heads, marks and unread counts, or the first page of them.
            rooms: Vec<RoomSummary>,
            /// Whether `rooms` frames with the rest follow. The list counts only once the last of them has come.
            #[serde(default, skip_serializing_if = "is_false")]
            more: bool,
            /// Rooms among the cursors that are gone, or no longer this person's.
            gone: Vec<RoomId>,
            /// How many changes of names this node has told of; none from a server without `people:get`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            people_rev: Option<i64>,
            /// The server's clock, for showing times.
            server_time: UnixMillis,
        },
        /// The next page of the list of rooms that `welcome` began.
        #[serde(rename = "rooms")]
        Rooms {
            /// Rooms that were in no page before.
            rooms: Vec<RoomSummary>,
            /// Whether another page follows.
            more: bool,
        },
        /// What a device does not have of a room, or the next batch of it: new rows, and revised ones in their latest state.
        #[serde(rename = "messages:offline")]
        Offline {
            /// Where.
            room_id: RoomId,
            /// The cursor that these rows follow.
            from: (Seq, Rev),
            /// At most [`crate::limits::BATCH_ROWS`]; those that are new to the device in order of their numbers.
            rows: Vec<Message>,
            /// The cursor of a device that was at `from` and has stored the rows.
            to: (Seq, Rev),
            /// Whether there is more, to be asked for with `sync:more`.
            more: bool,
        },
        /// Too much has changed since the device's cursor: these rows are to replace what it holds.
        #[serde(rename = "room:reset")]
        Reset {
            /// The room as the person sees it now.
            room: RoomSummary,
            /// The newest page.
            rows: Vec<Message>,
            /// The cursor of a device that has stored them.
            to: (Seq, Rev),
        },
        /// Everything up to the heads in `welcome` has been sent.
        #[serde(rename = "sync:done")]
        SyncDone {},
        /// Stored: sent after the commit.
        #[serde(rename = "message:ack")]
        Ack {
            /// Which message or revision.
            client_id: ClientId,
            /// Where.
            room_id: RoomId,
            /// The message's number.
            seq: Seq,
            /// The revision's number; 0 for a new message.
            rev: Rev,
            /// When it was stored.
            created_at: UnixMillis,
        },
        /// Not stored.
        #[serde(rename = "message:nack")]
        Nack {
            /// Which message or revision.
            client_id: ClientId,
            /// Why.
            code: ErrorCode,
            /// Why, for people.
            message: String,
            /// Whether sending the same again may succeed.
            retryable: bool,
            /// How long to wait before that at least, in milliseconds, where the server knows.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            retry_after_ms: Option<u64>,
        },
        /// A new message in one of the person's rooms, their own from this or another device included.
        #[serde(rename = "message:new")]
        New {
            /// The row.
            message: Message,
        },
        /// A message was edited or deleted.
        #[serde(rename = "message:changed")]
        Changed {
            /// The row in its latest state; `rev` is this revision's number.
            message: Message,
        },
        /// A reaction came or went. Takes the next `rev` of the room, as `message:changed` does. Applies to a device that has
        /// every revision before it; others ask for the row with `sync:more`.
        #[serde(rename = "reaction:changed")]
        Reacted {
            /// Where.
            room_id: RoomId,
            /// Which message.
            seq: Seq,
            /// This revision's number.
            rev: Rev,
            /// Whose reaction.
            user_id: UserId,
            /// The emoji.
            emoji: String,
            /// Whether it is there from now on.
            on: bool,
        },
        /// Members' marks moved.
        #[serde(rename = "message:status")]
        Status {
            /// Where.
            room_id: RoomId,
            /// Whose, and how far.
            marks: Vec<Mark>,
        },
        /// A room of the person is new or differs in name, role or members; unread and heads are as of now.
        #[serde(rename = "room:changed")]
        RoomChanged {
            /// As the person sees it now.
            room: RoomSummary,
        },
        /// The person is no longer in this room.
        #[serde(rename = "room:gone")]
        RoomGone {
            /// Which.
            room_id: RoomId,
        },
        /// Where rooms stand, so that even a lost last message is noticed.
        #[serde(rename = "heads")]
        Heads {
            /// Rooms that are active on this connection.
            rooms: Vec<RoomHead>,
        },
        /// Somebody else is typing in the room that this device shows. It ends by itself after
        /// [`crate::limits::TYPING_TIMEOUT_MS`].
        #[serde(rename = "typing:start")]
        TypingStart {
            /// Where.
            room_id: RoomId,
            /// Who.
            user_id: UserId,
            /// Their display name.
            name: String,
        },
        /// They have stopped.
        #[serde(rename = "typing:stop")]
        TypingStop {
            /// Where.
            room_id: RoomId,
            /// Who.
            user_id: UserId,
        },
        /// People of the last `focus`: how they are.
        #[serde(rename = "presence:change")]
        Presence {
            /// All of them at first, then those who differ.
            users: Vec<Presence>,
        },
        /// Answer to `people:get`.
        #[serde(rename = "people")]
        People {
            /// Those of the people asked for who changed.
            people: Vec<Person>,
            /// These are their names as of at least this `people_rev`.
            rev: i64,
        },
        /// Somebody has another name. Sent in the order of `rev`, without gaps after `welcome`.
        #[serde(rename = "person:changed")]
        PersonChanged {
            /// Who, as of now.
            person: Person,
        },
        /// The server is there: sent every [`crate::limits::HEARTBEAT_INTERVAL_MS`], and as the answer to `ping`. A client that
        /// receives no frame for [`crate::limits::IDLE_TIMEOUT_MS`] should treat the connection as lost.
        #[serde(rename = "heartbeat")]
        Heartbeat {},
        /// The node is about to close this connection, by plan.
        #[serde(rename = "goaway")]
        GoAway {
            /// How long to wait before connecting again, in milliseconds; drawn by the server for each connection.
            retry_after_ms: u64,
        },
        /// The last frame was not understood or not allowed. The connection stays.
        #[serde(rename = "error")]
        Error {
            /// Why.
            code: ErrorCode,
            /// Why, for people.
            message: String,
            /// Whether the same may succeed later.
            retryable: bool,
        },
    }
}

impl ServerFrame {
    /// Every type of this direction, as on the wire.
    pub const TYPES: [&'static str; 22] = [
        "welcome",
        "rooms",
        "messages:offline",
        "room:reset",
        "sync:done",
        "message:ack",
        "message:nack",
        "message:new",
        "message:changed",
        "reaction:changed",
        "message:status",
        "room:changed",
        "room:gone",
        "heads",
        "typing:start",
        "typing:stop",
        "presence:change",
        "people",
        "person:changed",
        "heartbeat",
        "goaway",
        "error",
    ];

    /// The frame that tells of an error outside a message.
    #[must_use]
    pub fn error(error: ApiError) -> Self {
        Self::Error { code: error.code, retryable: error.code.retryable(), message: error.message }
    }
}

/// Version 2 has no such field.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_false(value: &bool) -> bool {
    !*value
}
