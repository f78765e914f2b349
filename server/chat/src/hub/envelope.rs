//! The messages that nodes publish on the bus; see `channels` for where and `keys` for how it is authenticated.
//!
//! A room's channel carries encoded frames for its members. The control channel carries what concerns connections:
//! memberships, frames for one person, ended sessions, changed accounts.

use super::blocks::Typist;
use protocol::{Rev, RoomId, RoomSummary, Seq, SessionId, UserId, to_json};
use std::fmt;
use uuid::Uuid;

/// A frame's position in its stream, by which receivers detect gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamPosition {
    /// A message: the room's next `seq`.
    Message(Seq),
    /// A revision: the room's next `rev`.
    Revision(Rev),
    /// A control message: the publishing node's next number.
    Control(u64),
    /// Outside of the streams: a lost one is not detected.
    None,
    /// Typing and presence: as `None`, and only for connections that show the room.
    Ephemeral,
}

impl fmt::Display for StreamPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(seq) => write!(f, "m{seq}"),
            Self::Revision(rev) => write!(f, "r{rev}"),
            Self::Control(number) => write!(f, "c{number}"),
            Self::None => f.write_str("-"),
            Self::Ephemeral => f.write_str("s"),
        }
    }
}

impl StreamPosition {
    fn read(text: &str) -> Option<Self> {
        let (kind, number) = text.split_at_checked(1)?;
        Some(match kind {
            "m" => Self::Message(Seq(number.parse().ok()?)),
            "r" => Self::Revision(Rev(number.parse().ok()?)),
            "c" => Self::Control(number.parse().ok()?),
            "-" => Self::None,
            "s" => Self::Ephemeral,
            _ => return None,
        })
    }
}

/// The sender's name, the position, and the body: text, so that a frame stays as it was encoded.
pub(super) struct Envelope<'a> {
    pub(super) node: Uuid,
    pub(super) position: StreamPosition,
    /// Of a typing frame. Nodes of earlier versions neither send nor read it.
    pub(super) typist: Option<Typist>,
    pub(super) body: &'a str,
}

impl<'a> Envelope<'a> {
    /// From `NODE POSITION\nBODY` or `NODE POSITION TYPIST\nBODY`.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (head, body) = text.split_once('\n')?;
        let mut words = head.split(' ');
        let (node, position) = (words.next()?.parse().ok()?, StreamPosition::read(words.next()?)?);
        let typist = match words.next() {
            Some(typist) => Some(Typist::read(typist)?),
            None => None,
        };
        Some(Self { node, position, typist, body })
    }
}

protocol::tagged! {
    /// Something about connections.
    #[derive(Debug, PartialEq, Eq)]
    #[serde(tag = "control", rename_all = "snake_case")]
    pub(super) enum Control {
        /// The person's connections enter the room, and are shown it.
        Joined { user: UserId, room: Box<RoomSummary> },
        /// The person's connections leave the room, and are told so.
        Left { user: UserId, room: RoomId },
        /// The person's connections get this encoded frame.
        #[serde(rename = "tell")]
        SendToUser { user: UserId, frame: String },
        /// The session's connections close.
        SessionEnded { user: UserId, session: SessionId },
        /// What is stored about the person has changed.
        UserChanged { user: UserId },
        /// Nothing happened: how far the node's numbers are, in case the last of them was lost.
        Alive,
    }
}

impl Control {
    pub(super) fn encode(&self) -> String {
        to_json(self)
    }

    pub(super) fn decode(body: &str) -> Option<Self> {
        Self::read(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_read_back() {
        let node = Uuid::from_u128(7);
        for position in [
            StreamPosition::Message(Seq(12)),
            StreamPosition::Revision(Rev(3)),
            StreamPosition::Control(7),
            StreamPosition::None,
            StreamPosition::Ephemeral,
        ] {
            let text = format!("{node} {position}\n{{\"a\":\n1}}");
            let envelope = Envelope::read(&text).unwrap();
            assert_eq!((envelope.node, envelope.position, envelope.body), (node, position, "{\"a\":\n1}"));
        }
        let typist = Typist { user: UserId(node), blocked: [UserId(Uuid::from_u128(9))].into() };
        let text = format!("{node} s {typist}\nbody");
        let envelope = Envelope::read(&text).unwrap();
        assert_eq!((envelope.position, envelope.typist), (StreamPosition::Ephemeral, Some(typist)));
        assert!(Envelope::read(&format!("{node} s ada\nbody")).is_none());
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

    #[test]
    fn a_room_whose_last_message_is_a_fact_survives_the_bus() {
        let room = r#"{"id":"00000000-0000-0000-0000-000000000002","kind":"group","name":"Tea","last_seq":1,"last_rev":0,
            "read_seq":0,"unread":0,"last_message":{"room_id":"00000000-0000-0000-0000-000000000002","seq":1,"rev":0,
            "sender_id":"00000000-0000-0000-0000-000000000001","sender_name":"Ada","client_id":
            "00000000-0000-0000-0000-000000000003","kind":"system","body":"","event":{"event":"renamed","name":"Tea"},
            "created_at":1},"members_count":1,"role":"owner","other":null}"#;
        let room: RoomSummary = serde_json::from_str(room).unwrap();
        let control = Control::Joined { user: UserId(Uuid::from_u128(1)), room: Box::new(room) };
        assert_eq!(Control::decode(&control.encode()), Some(control));
    }
}
