//! Serves reconnecting clients from the cache of recent messages, where it holds everything that they missed.

use super::Delivery;
use super::Registry;
use crate::outbound::Frame;
use protocol::{Message, Rev, RoomId, Seq, ServerFrame};

impl Registry {
    /// The head of a room, if this node has no gap in it.
    fn complete_head(&mut self, id: RoomId) -> Option<(Seq, Rev)> {
        let sequence = &self.room(id)?.sequence;
        sequence.head().filter(|_| !sequence.has_gap())
    }
}

impl Delivery {
    /// The messages after a cursor as stored, an upper bound of their bytes on the wire, and the head that they lead to.
    /// Returns `None` if the cache does not hold all of them.
    pub(crate) fn recent_messages(
        &self,
        room: RoomId,
        cursor: (Seq, Rev),
    ) -> Option<(Vec<Message>, usize, (Seq, Rev))> {
        let mut registry = self.lock();
        let head = registry.complete_head(room)?;
        let frames = registry.recent.after(room, cursor, head)?;
        drop(registry);
        let message = |frame: &Frame| match serde_json::from_str(frame.text()) {
            Ok(ServerFrame::New { message }) => Some(message),
            _ => None,
        };
        let bytes = frames.iter().map(Frame::len).sum();
        Some((frames.iter().map(message).collect::<Option<_>>()?, bytes, head))
    }

    /// Caches the newest messages of a room, without a gap, as the database had them at `moment`, for the next clients that
    /// reconnect. Does nothing if the room has moved on since.
    pub(crate) fn cache_recent(&self, room: RoomId, moment: (Seq, Rev), messages: &[Message]) {
        if self.lock().complete_head(room) != Some(moment) {
            return;
        }
        let frames = messages.iter().map(|message| Frame::encode(&ServerFrame::New { message: message.clone() }));
        let frames = frames.collect();
        let mut registry = self.lock();
        if registry.complete_head(room) == Some(moment) {
            registry.recent.fill(room, moment, frames);
        }
    }
}
