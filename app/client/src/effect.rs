//! Everything that an engine asks of the world around it.

use crate::{HistoryRequest, StorageWrite};
use protocol::{ClientFrame, RoomId};

/// Something to do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Save these writes in one transaction, and send the shared ones to the other tabs. Comes before the frames that it leads
    /// to.
    Save(Vec<StorageWrite>),
    /// Open a socket (closing an earlier one), then answer `Connected` or `Disconnected`.
    Connect,
    /// Send this on the open socket.
    Transmit(ClientFrame),
    /// Ask the server for a page, then answer with `History`.
    FetchHistory {
        /// Where.
        room_id: RoomId,
        /// Which page.
        request: HistoryRequest,
        /// To be given back with the answer.
        generation: u32,
    },
    /// Call with `Wake` at this monotonic time; replaces the moment asked for before.
    WakeAt(u64),
    /// Something that a screen shows has changed: read it again.
    Changed(View),
    /// The server did not carry out a change of a stored message: a sentence for the person.
    Refused(String),
    /// The session has ended: nothing more can be done without a new sign-in.
    SignedOut,
    /// The server speaks a later protocol: the page must be loaded anew.
    Reload,
}

/// What a screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The list of rooms.
    Rooms,
    /// The rows of one room.
    Timeline(RoomId),
    /// The state of the connection.
    Connection,
    /// Typing and presence.
    Awareness,
    /// Names of people, see [`crate::Engine::name`]. Views of rooms and rows that show the name change as well.
    People,
}
