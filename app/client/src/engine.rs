//! The engine: routes each input to the part that it concerns and collects the effects.

use crate::{ConnectionState, Effect, Input, Now, Row};
use protocol::{HistoryPage, RoomId, RoomSummary, User};

/// A device's view of its person's rooms. See the crate's documentation.
#[derive(Debug)]
pub struct Engine {
    me: User,
}

impl Engine {
    /// An engine that knows what the server rendered: the person, their rooms, and the newest page of the open room.
    #[must_use]
    pub fn new(me: User, rooms: Vec<RoomSummary>, open: Option<(RoomId, HistoryPage)>) -> Self {
        let _ = (rooms, open);
        Self { me }
    }

    /// Takes one input and answers with what to do, in order.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let _ = (now, input);
        Vec::new()
    }

    /// Whose device this is.
    #[must_use]
    pub const fn me(&self) -> &User {
        &self.me
    }

    /// The rooms, the latest active first.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomSummary> {
        Vec::new()
    }

    /// One room, if the person is in it or looks at it.
    #[must_use]
    pub fn room(&self, room: RoomId) -> Option<&RoomSummary> {
        let _ = room;
        None
    }

    /// The rows of a room in the order of the screen: stored ones by `seq`, then the outbox. Newest last, without holes.
    #[must_use]
    pub fn rows(&self, room: RoomId) -> Vec<Row> {
        let _ = room;
        Vec::new()
    }

    /// Whether older rows than those shown exist on the server.
    #[must_use]
    pub fn has_older(&self, room: RoomId) -> bool {
        let _ = room;
        false
    }

    /// Whether newer rows than those shown exist on the server.
    #[must_use]
    pub fn has_newer(&self, room: RoomId) -> bool {
        let _ = room;
        false
    }

    /// Whether the newest page is on its way.
    #[must_use]
    pub fn is_loading_newest(&self, room: RoomId) -> bool {
        let _ = room;
        false
    }

    /// Whether a page of older rows is on its way.
    #[must_use]
    pub fn is_loading_older(&self, room: RoomId) -> bool {
        let _ = room;
        false
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn connection(&self) -> ConnectionState {
        ConnectionState::Connecting
    }

    /// Unread messages over all rooms, for the title.
    #[must_use]
    pub fn unread(&self) -> i64 {
        0
    }
}
