//! The names of a deployment's channels. They carry the epoch of the database: a restored copy that runs beside the original on the
//! same Redis has another epoch, so the two do not read each other's messages.

use protocol::RoomId;
use uuid::Uuid;

/// What a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// Control messages. Every node subscribes to it.
    Control,
    /// Presence of each node's people. Every node subscribes to it.
    Presence,
    /// Frames of one room. Nodes with a connection in the room subscribe to it.
    Room(RoomId),
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channels {
    pub(super) epoch: Uuid,
    /// The prefix of all names.
    prefix: Box<str>,
}

impl Channels {
    pub(super) fn new(epoch: Uuid) -> Self {
        Self { epoch, prefix: format!("jackdaw:{}:", epoch.simple()).into() }
    }

    pub(super) fn name(&self, channel: Channel) -> String {
        let prefix = &self.prefix;
        match channel {
            Channel::Control => format!("{prefix}control"),
            Channel::Presence => format!("{prefix}presence"),
            Channel::Room(room) => format!("{prefix}room:{room}"),
        }
    }

    /// Parses a name. Returns `None` for channels of other epochs.
    pub(super) fn read(&self, name: &str) -> Option<Channel> {
        match name.strip_prefix(&*self.prefix)? {
            "control" => Some(Channel::Control),
            "presence" => Some(Channel::Presence),
            other => Some(Channel::Room(other.strip_prefix("room:")?.parse().ok()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_have_one_form() {
        let channels = Channels::new(Uuid::from_u128(1));
        let room = Channel::Room(RoomId(Uuid::from_u128(9)));
        for channel in [Channel::Control, Channel::Presence, room] {
            let name = channels.name(channel);
            assert_eq!(channels.read(&name), Some(channel));
            assert_eq!(Channels::new(Uuid::from_u128(2)).read(&name), None, "another epoch");
        }
        assert_eq!(
            channels.name(room),
            "jackdaw:00000000000000000000000000000001:room:00000000-0000-0000-0000-000000000009"
        );
        for name in ["jackdaw:control", "", "jackdaw:00000000000000000000000000000001:room:x"] {
            assert_eq!(channels.read(name), None);
        }
    }
}
