//! What decides whether a person may be added to a room, as `sql::consent` reads it.

use super::tables::{Membership, Room, Tables};
use crate::Append;
use crate::rules::append::stored;
use protocol::{ClientId, MessageKind, Role, RoomId, RoomKind, Seq, UnixMillis, UserId};

impl Tables {
    /// Whether each of `users` agrees to be brought into a room by `actor`. People who do not exist are not looked at.
    pub(super) fn consent_is_given(&self, actor: UserId, users: &[UserId]) -> bool {
        let others = users.iter().filter(|user| **user != actor && self.users.contains_key(user));
        let mut others = others.copied();
        others.all(|user| {
            let is_known = self.rooms.values().any(|room| room.acquaints(actor, user));
            is_known && !self.is_blocked_by(actor, &[user])
        })
    }

    /// Two people have written to each other in a direct room of this id. For tables that no model has yet.
    pub fn acquaint(&mut self, people: [UserId; 2], room: RoomId, ids: [ClientId; 2], now: UnixMillis) {
        let mut direct = Room::new(RoomKind::Direct, String::new(), now);
        for user in people {
            direct.members.insert(user, Membership { role: Role::Member, delivered: Seq(0), read: Seq(0) });
        }
        for (sender_id, client_id) in people.into_iter().zip(ids) {
            let append =
                Append { room_id: room, sender_id, client_id, body: "hello".into(), reply_to: None, created_at: now };
            let name = self.name(sender_id).unwrap_or_default();
            let message = stored(&append, direct.head().next(), name);
            self.ids.insert((sender_id, client_id), (room, message.seq));
            direct.messages.push(message);
        }
        self.rooms.insert(room, direct);
        self.move_versions(people);
    }
}

impl Room {
    /// Whether the room makes two people known to each other: a group with both, or a direct room in which both wrote.
    fn acquaints(&self, one: UserId, other: UserId) -> bool {
        let wrote = |user| self.messages.iter().any(|row| row.kind == MessageKind::Text && row.sender_id == user);
        let both = self.members.contains_key(&one) && self.members.contains_key(&other);
        both && match self.kind {
            RoomKind::Group => true,
            RoomKind::Direct => wrote(one) && wrote(other),
            RoomKind::Public | RoomKind::Unknown => false,
        }
    }
}
