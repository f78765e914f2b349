//! What arrives on a socket of the page, whichever version of the server sent it.
//!
//! A frame that this version cannot read is no failure: its sender may be a later node. What can be read of it in spite of
//! that is which numbers of a room exist, so that a skipped frame leaves a gap that is noticed and filled.

use crate::json::Fields;
use crate::{JsonError, PROTOCOL_VERSION, Rev, RoomHead, Seq, ServerFrame};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "handed on at once, and never kept")]
pub enum Incoming {
    /// A frame of this version.
    Frame(ServerFrame),
    /// `welcome` of a later version: nothing else of it is read.
    LaterVersion,
    /// Not readable here.
    Unreadable(Unreadable),
}

/// A frame that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its type, one of [`ServerFrame::TYPES`], or [`Unreadable::UNKNOWN`].
    pub kind: &'static str,
    /// How far its room is: a `room_id` with a `seq` or a `rev`, in `data` or in its `message`.
    pub head: Option<RoomHead>,
    /// Why.
    pub error: JsonError,
}

impl Unreadable {
    /// The kind of a frame whose type is missing or of a later version.
    pub const UNKNOWN: &'static str = "unknown";

    /// The kind of a frame of this type: a word of a fixed list, so that kinds can be counted.
    #[must_use]
    pub fn kind_of(frame_type: &str) -> &'static str {
        ServerFrame::TYPES.into_iter().find(|known| *known == frame_type).unwrap_or(Self::UNKNOWN)
    }

    fn new(frame: &Fields<'_>, data: &Fields<'_>, error: JsonError) -> Self {
        let kind = frame.get("type").map_or(Self::UNKNOWN, |kind: String| Self::kind_of(&kind));
        let head = head(data).or_else(|| head(&data.object("message")));
        Self { kind, head, error }
    }
}

fn head(fields: &Fields<'_>) -> Option<RoomHead> {
    let (seq, rev): (Option<Seq>, Option<Rev>) = (fields.get("seq")?, fields.get("rev")?);
    (seq.is_some() || rev.is_some()).then_some(())?;
    Some(RoomHead(fields.get("room_id")?, seq.unwrap_or_default(), rev.unwrap_or_default()))
}

impl Incoming {
    /// Reads a text frame. Never fails: what is no frame at all is `Unreadable`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let error = match ServerFrame::read(text) {
            Ok(ServerFrame::Welcome { protocol, .. }) if protocol > PROTOCOL_VERSION => return Self::LaterVersion,
            Ok(frame) => return Self::Frame(frame),
            Err(error) => error,
        };
        let frame = Fields::of(text);
        let data = frame.object("data");
        let is_later = data.get("protocol").is_some_and(|protocol: u32| protocol > PROTOCOL_VERSION);
        if is_later && frame.get("type").is_some_and(|kind: String| kind == "welcome") {
            return Self::LaterVersion;
        }
        Self::Unreadable(Unreadable::new(&frame, &data, error))
    }
}
