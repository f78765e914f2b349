//! What nodes say to each other over the bus; see `channels` for where and `keys` for how it is authenticated.
//!
//! A room's channel carries encoded frames for its members; the control channel carries what concerns connections:
//! who joined and left, what to tell one person, which session ended, whose account changed.

use protocol::{Rev, RoomId, RoomSummary, Seq, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A frame's place in its stream, by which others notice what they missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A message: the room's next `seq`.
    Message(Seq),
    /// A revision: the room's next `rev`.
    Revision(Rev),
    /// What a node says about connections: the node's own next number.
    Control(u64),
    /// Nobody misses it.
    None,
    /// As `None`, and only for those who look.
    Signal,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(seq) => write!(f, "m{seq}"),
            Self::Revision(rev) => write!(f, "r{rev}"),
            Self::Control(number) => write!(f, "c{number}"),
            Self::None => f.write_str("-"),
            Self::Signal => f.write_str("s"),
        }
    }
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (kind, number) = text.split_at_checked(1)?;
        Some(match kind {
            "m" => Self::Message(Seq(number.parse().ok()?)),
            "r" => Self::Revision(Rev(number.parse().ok()?)),
            "c" => Self::Control(number.parse().ok()?),
            "-" => Self::None,
            "s" => Self::Signal,
            _ => return None,
        })
    }
}

/// The sender's name, the place, and the body: text, so that a frame stays as it was encoded.
pub(super) struct Envelope<'a> {
    pub(super) node: Uuid,
    pub(super) place: Place,
    pub(super) body: &'a str,
}

impl<'a> Envelope<'a> {
    /// From `NODE PLACE\nBODY`.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (head, body) = text.split_once('\n')?;
        let (node, place) = head.split_once(' ')?;
        Some(Self { node: node.parse().ok()?, place: Place::read(place)?, body })
    }
}

/// Something about connections.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub(super) enum Control {
    /// The person's connections enter the room, and are shown it.
    Joined { user: UserId, room: Box<RoomSummary> },
    /// The person's connections leave the room, and are told so.
    Left { user: UserId, room: RoomId },
    /// The person's connections get this encoded frame.
    Tell { user: UserId, frame: String },
    /// The session's connections close.
    SessionEnded { user: UserId, session: SessionId },
    /// What is stored about the person has changed.
    UserChanged { user: UserId },
    /// Nothing happened: how far the node's numbers are, in case the last of them was lost.
    Alive,
}

impl Control {
    pub(super) fn encode(&self) -> String {
        serde_json::to_string(self).expect("ids and text always serialize")
    }

    pub(super) fn decode(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_read_back() {
        let node = Uuid::from_u128(7);
        for place in [Place::Message(Seq(12)), Place::Revision(Rev(3)), Place::Control(7), Place::None, Place::Signal] {
            let text = format!("{node} {place}\n{{\"a\":\n1}}");
            let envelope = Envelope::read(&text).unwrap();
            assert_eq!((envelope.node, envelope.place, envelope.body), (node, place, "{\"a\":\n1}"));
        }
        assert!(Envelope::read("hello").is_none());
        assert!(Envelope::read(&format!("{node} x1\nhello")).is_none());
    }

    #[test]
    fn controls_have_one_form() {
        let control = Control::Left { user: UserId(Uuid::from_u128(1)), room: RoomId(Uuid::from_u128(2)) };
        let text = control.encode();
        assert_eq!(
            text,
            r#"{"control":"left","user":"00000000-0000-0000-0000-000000000001","room":"00000000-0000-0000-0000-000000000002"}"#
        );
        assert_eq!(Control::decode(&text), Some(control));
        assert_eq!(Control::decode(r#"{"control":"later"}"#), None);
    }
}
