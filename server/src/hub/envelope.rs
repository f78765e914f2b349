//! What nodes say to each other over the bus, and on which channels.
//!
//! A room's channel carries encoded frames for its members; the control channel carries what concerns connections:
//! who joined and left, what to tell one person, which session ended.

use protocol::{RoomId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Every node listens to it.
pub(super) const CONTROL: &str = "jackdaw:control";
const ROOM_PREFIX: &str = "jackdaw:room:";

pub(super) fn room_channel(room: RoomId) -> String {
    format!("{ROOM_PREFIX}{room}")
}

pub(super) fn channel_room(channel: &str) -> Option<RoomId> {
    channel.strip_prefix(ROOM_PREFIX)?.parse().ok()
}

/// The sender's name and the body: text, so that a frame stays as it was encoded.
pub(super) struct Envelope<'a> {
    pub(super) node: Uuid,
    pub(super) body: &'a str,
}

impl<'a> Envelope<'a> {
    pub(super) fn encode(node: Uuid, body: &str) -> String {
        format!("{node}\n{body}")
    }

    pub(super) fn decode(payload: &'a str) -> Option<Self> {
        let (node, body) = payload.split_once('\n')?;
        Some(Self { node: node.parse().ok()?, body })
    }
}

/// Something about connections.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub(super) enum Control {
    /// The person's connections enter the room.
    Joined { user: UserId, room: RoomId },
    /// The person's connections leave the room.
    Left { user: UserId, room: RoomId },
    /// The person's connections get this encoded frame.
    Tell { user: UserId, frame: String },
    /// The session's connections close.
    SessionEnded { session: SessionId },
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
    fn envelopes_and_channels_are_read_back() {
        let node = Uuid::from_u128(7);
        let payload = Envelope::encode(node, "{\"a\":\n1}");
        let envelope = Envelope::decode(&payload).unwrap();
        assert_eq!((envelope.node, envelope.body), (node, "{\"a\":\n1}"));
        assert!(Envelope::decode("hello").is_none());

        let room = RoomId(Uuid::from_u128(9));
        assert_eq!(channel_room(&room_channel(room)), Some(room));
        assert_eq!(channel_room(CONTROL), None);
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
