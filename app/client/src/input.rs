//! Everything that can happen to an engine.

use crate::{Saved, StorageWrite};
use protocol::{
    ApiError, ClientId, HistoryPage, Incoming, RoomHead, RoomId, RoomSummary, Seq, ServerFrame, UnixMillis,
};

/// Time and chance, handed in with every input.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Milliseconds that only grow, from any origin. Timers and backoff use it.
    pub monotonic_ms: u64,
    /// The device's clock, for labels on messages that have none of the server's yet.
    pub wall: UnixMillis,
    /// 64 fresh random bits. Backoff uses them.
    pub random: u64,
}

/// Which page of history is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRequest {
    /// The newest page.
    Newest,
    /// The page before this message.
    Before(Seq),
}

/// What a person does to a message that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// Another text, checked with `protocol::body` already.
    Edit(String),
    /// Nothing but a tombstone is left.
    Delete,
    /// A reaction of their own comes or goes.
    React {
        /// One emoji.
        emoji: String,
        /// Whether it is there from now on.
        on: bool,
    },
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The socket that [`crate::Effect::Connect`] asked for is open.
    Connected,
    /// A frame arrived on it.
    Frame(ServerFrame),
    /// A frame arrived that this version cannot read, see [`protocol::Unreadable`].
    Unreadable {
        /// Its kind.
        kind: &'static str,
        /// How far its room is.
        head: Option<RoomHead>,
    },
    /// The server speaks a later version of the protocol.
    LaterVersion,
    /// It is closed, or could not be opened. `code` is the close code, if the other side gave one.
    Disconnected {
        /// See `protocol::CloseCode`.
        code: Option<u16>,
    },
    /// The moment of the last [`crate::Effect::WakeAt`] has come (early and repeated calls do no harm; a call that is very
    /// late says that the device was suspended).
    Wake,
    /// The person asks to connect now instead of waiting, or looks at the page again. What seems to be a connection is put
    /// to the test.
    ConnectNow,
    /// The browser says that the network is back, or that the page goes on after it was suspended. As `ConnectNow`, but
    /// nothing is tried that only the person may decide.
    Resumed,
    /// The person sends a message.
    Send {
        /// Made by the caller: a UUIDv7.
        client_id: ClientId,
        /// Where.
        room_id: RoomId,
        /// Checked with `protocol::body` already.
        body: String,
        /// The message it answers.
        reply_to: Option<Seq>,
    },
    /// The person changes a stored message.
    Revise {
        /// Made by the caller: a UUIDv7.
        client_id: ClientId,
        /// Where.
        room_id: RoomId,
        /// Which message.
        seq: Seq,
        /// How.
        revision: Revision,
    },
    /// The person tries a failed message again.
    Retry {
        /// Which.
        client_id: ClientId,
        /// Its id from now on where the server refused it, since a refusal is the answer to an id: made by the caller, a UUIDv7.
        anew: ClientId,
    },
    /// The person gives up a failed message.
    Discard(ClientId),
    /// The person types in a room, or has emptied the field.
    Typing {
        /// Where.
        room_id: RoomId,
        /// Whether they type.
        typing: bool,
    },
    /// Nobody looks at this device, or somebody does again.
    Away(bool),
    /// The person looks at this room; `None`: at no room.
    Open(Option<RoomId>),
    /// The person scrolled to the oldest row of a room that has older ones.
    LoadOlder(RoomId),
    /// The person has seen everything up to here (the page is visible and scrolled there).
    Seen {
        /// Where.
        room_id: RoomId,
        /// Up to here.
        seq: Seq,
    },
    /// The page that [`crate::Effect::FetchHistory`] asked for.
    History {
        /// Where.
        room_id: RoomId,
        /// What had been asked.
        request: HistoryRequest,
        /// As the request had it. A page that was asked for in another epoch is ignored: its numbers count other messages.
        generation: u32,
        /// The answer.
        result: Result<HistoryPage, ApiError>,
    },
    /// A room that a REST call answered with: made, joined or renamed by this person just now.
    Room(RoomSummary),
    /// A room that a REST call took away: left or deleted by this person just now. Counts only without a connection, whose
    /// server says it in its order.
    RoomLeft(RoomId),
    /// Another tab may be the leader: until `BecomeLeader` this one only shows and saves what is typed. Comes before any other
    /// input, or ends the leadership: this tab released it, or another tab took it. `Restore` follows.
    BecomeFollower,
    /// What the storage has. A follower waits for it before it saves anything.
    Restore(Saved),
    /// From now on this engine sends the whole outbox, messages typed in other tabs included. An engine without
    /// `BecomeFollower` does so from the start.
    BecomeLeader {
        /// Whether it also persists rooms; no other engine of the person on this device may. The storage must have been read
        /// after the previous leader ended.
        rooms: bool,
    },
    /// Another tab of this person has saved this, see [`StorageWrite::is_shared`].
    PeerWrites(Vec<StorageWrite>),
}

impl From<Incoming> for Input {
    fn from(incoming: Incoming) -> Self {
        match incoming {
            Incoming::Frame(frame) => Self::Frame(frame),
            Incoming::LaterVersion => Self::LaterVersion,
            Incoming::Unreadable(frame) => Self::Unreadable { kind: frame.kind, head: frame.head },
        }
    }
}
