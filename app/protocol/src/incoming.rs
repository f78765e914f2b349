//! What arrives on a socket of the page, whichever version of the server sent it. The version is read before the payload.
//!
//! A frame that this version cannot read is no error: its sender may be a later node. What can be read of it in spite of
//! that is which numbers of a room exist, so that a skipped frame leaves a gap that is noticed and filled.

use crate::{FromJson, Object, PROTOCOL_VERSION, Rev, RoomHead, Seq, ServerFrame};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "handed on at once, and never kept")]
pub enum Incoming {
    /// A frame of this version.
    Frame(ServerFrame),
    /// `welcome` of a later version: nothing else of it is read.
    LaterVersion,
    /// Not readable here. A `room_id` with a `seq` or a `rev`, in `data` or in its `message`, says how far that room is.
    Unreadable(Option<RoomHead>),
}

impl Incoming {
    /// Reads a text frame. Never fails: what is no frame at all is `Unreadable`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self::read_object(text).unwrap_or(Self::Unreadable(None))
    }

    fn read_object(text: &str) -> Option<Self> {
        let frame = Object::read(text)?;
        let kind: String = frame.field("type")?;
        let data = Object::read(frame.text("data"))?;
        if kind == "welcome" && data.field::<u32>("protocol").is_some_and(|protocol| protocol > PROTOCOL_VERSION) {
            return Some(Self::LaterVersion);
        }
        let read = ServerFrame::from_parts(&kind, &data);
        Some(read.map_or_else(|| Self::Unreadable(head(&data)), Self::Frame))
    }
}

fn head(data: &Object<'_>) -> Option<RoomHead> {
    let of = |fields: &Object<'_>| {
        let (seq, rev): (Option<Seq>, Option<Rev>) = (fields.field("seq")?, fields.field("rev")?);
        (seq.is_some() || rev.is_some()).then_some(())?;
        Some(RoomHead(FromJson::from_json(fields.text("room_id"))?, seq.unwrap_or_default(), rev.unwrap_or_default()))
    };
    of(data).or_else(|| of(&Object::read(data.text("message"))?))
}
