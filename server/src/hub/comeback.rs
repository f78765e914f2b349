//! What devices missed that come back soon: from what went out here last, where that is all of it.

use super::Hub;
use super::registry::Registry;
use crate::line::Frame;
use protocol::{Message, Rev, RoomId, Seq, ServerFrame};

impl Registry {
    /// How far a room is here, if nothing of it is missing.
    fn whole(&mut self, id: RoomId) -> Option<(Seq, Rev)> {
        let sequence = &self.room(id)?.sequence;
        sequence.head().filter(|_| !sequence.has_gap())
    }
}

impl Hub {
    /// The messages after a cursor, each as the database has it, their bytes on the wire (a few too many), and how far the
    /// room is with them; none where not all of that is known here.
    pub(crate) fn missed(&self, room: RoomId, cursor: (Seq, Rev)) -> Option<(Vec<Message>, usize, (Seq, Rev))> {
        let mut registry = self.lock();
        let head = registry.whole(room)?;
        let frames = registry.recent.after(room, cursor, head)?;
        drop(registry);
        let message = |frame: &Frame| match serde_json::from_str(frame.text()) {
            Ok(ServerFrame::New { message }) => Some(message),
            _ => None,
        };
        let bytes = frames.iter().map(Frame::len).sum();
        Some((frames.iter().map(message).collect::<Option<_>>()?, bytes, head))
    }

    /// The newest messages of a room, without a gap, as the database had them at `moment`: the next ones who come back need
    /// not ask for them. Not kept where the room has moved on since.
    pub(crate) fn keep_missed(&self, room: RoomId, moment: (Seq, Rev), messages: &[Message]) {
        if self.lock().whole(room) != Some(moment) {
            return;
        }
        let frames = messages.iter().map(|message| Frame::encode(&ServerFrame::New { message: message.clone() }));
        let frames = frames.collect();
        let mut registry = self.lock();
        if registry.whole(room) == Some(moment) {
            registry.recent.fill(room, moment, frames);
        }
    }
}
