//! Rooms: as their members see them, made, renamed, deleted.

use super::tables::{Membership, Room, Tables};
use crate::{Created, Error, NewRoom, Result, Stamp, rights};
use protocol::limits::UNREAD_MAX;
use protocol::{
    Mark, Message, MessageKind, PublicRoom, Role, RoomHead, RoomId, RoomKind, RoomSummary, Seq, SystemEvent, User,
    UserId,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

impl Tables {
    pub fn list_rooms(&self, user: UserId) -> Vec<RoomSummary> {
        let mine = self.rooms.iter().filter(|(_, room)| room.members.contains_key(&user));
        let mut mine: Vec<_> = mine.collect();
        let active = |room: &Room| room.messages.last().map_or(room.created_at, |last| last.created_at);
        mine.sort_by_key(|(id, room)| Reverse((active(room), **id)));
        mine.into_iter().map(|(id, room)| self.summary(*id, room, user)).collect()
    }

    pub(super) fn find_room(&self, user: UserId, id: RoomId) -> Option<RoomSummary> {
        let room = self.rooms.get(&id).filter(|room| room.may_see(user))?;
        Some(self.summary(id, room, user))
    }

    fn summary(&self, id: RoomId, room: &Room, user: UserId) -> RoomSummary {
        let other = room.members.iter().find(|(member, _)| room.kind == RoomKind::Direct && **member != user);
        let other_mark = other.map(|(member, marks)| Mark(*member, marks.delivered, marks.read));
        let other = other.and_then(|(member, _)| self.users.get(member)).cloned();
        let tells = |user: Option<&User>| user.is_some_and(|user| user.receipts);
        let other_mark = other_mark.filter(|_| tells(other.as_ref()) && tells(self.users.get(&user)));
        let read_seq = room.members.get(&user).map_or(room.head(), |member| member.read);
        let unread = room
            .messages
            .iter()
            .filter(|message| message.seq > read_seq && message.kind == MessageKind::Text && message.sender_id != user);
        RoomSummary {
            id,
            kind: room.kind,
            name: other.as_ref().map_or(&room.name, |other| &other.display_name).clone(),
            last_seq: room.head(),
            last_rev: room.last_rev,
            read_seq,
            unread: i64::try_from(unread.count()).unwrap_or(i64::MAX).min(UNREAD_MAX + 1),
            last_message: room.messages.last().map(Message::preview),
            members_count: i64::try_from(room.members.len()).unwrap_or(i64::MAX),
            role: room.role(user),
            other,
            other_mark,
        }
    }

    pub(super) fn list_public_rooms(&self, user: UserId) -> Vec<PublicRoom> {
        let open = self.rooms.iter().filter(|(_, room)| room.kind == RoomKind::Public && room.role(user).is_none());
        let listed = open.map(|(id, room)| PublicRoom {
            id: *id,
            name: room.name.clone(),
            members_count: i64::try_from(room.members.len()).unwrap_or(i64::MAX),
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by_cached_key(|room| (room.name.to_lowercase(), room.id));
        listed
    }

    pub(super) fn create_room(&mut self, new: NewRoom, stamp: Stamp) -> Result<Created> {
        let everybody: BTreeSet<UserId> = new.members.iter().copied().chain([new.creator]).collect();
        let same = |room: &Room| room.kind == RoomKind::Direct && room.members.keys().eq(&everybody);
        if new.kind == RoomKind::Direct
            && let Some((id, _)) = self.rooms.iter().find(|(_, room)| same(room))
        {
            return Ok(Created::Existing(*id));
        }
        if everybody.iter().any(|user| !self.users.contains_key(user)) {
            return Err(Error::NotFound("user"));
        }
        self.require_place(&everybody.iter().copied().collect::<Vec<_>>())?;
        let mut room = Room::new(new.kind, new.name.unwrap_or_default(), stamp.now);
        for user in everybody {
            let owns = user == new.creator && new.kind != RoomKind::Direct;
            let role = if owns { Role::Owner } else { Role::Member };
            room.members.insert(user, Membership { role, delivered: Seq(0), read: Seq(0) });
        }
        self.move_versions(room.members.keys().copied());
        self.rooms.insert(new.id, room);
        if new.kind != RoomKind::Direct {
            self.insert_system_message(new.id, new.creator, SystemEvent::Created, stamp)?;
        }
        Ok(Created::New)
    }

    pub(super) fn rename_room(&mut self, id: RoomId, actor: UserId, name: &str, stamp: Stamp) -> Result<Message> {
        let room = self.room(id)?;
        rights::may_rename(room.kind, room.role(actor))?;
        let message = self.insert_system_message(id, actor, SystemEvent::Renamed { name: name.to_owned() }, stamp)?;
        name.clone_into(&mut self.room(id)?.name);
        Ok(message)
    }

    pub(super) fn delete_room(&mut self, id: RoomId, actor: UserId) -> Result<Vec<UserId>> {
        let room = self.room(id)?;
        rights::may_delete(room.kind, room.role(actor))?;
        let room = self.rooms.remove(&id).ok_or(Error::NotFound("room"))?;
        self.ids.retain(|_, place| place.0 != id);
        self.revisions.retain(|_, place| place.0 != id);
        self.digests.retain(|name, _| self.ids.contains_key(name));
        self.general = self.general.filter(|general| *general != id);
        self.move_versions(room.members.keys().copied());
        Ok(room.members.into_keys().collect())
    }

    pub(super) fn list_heads(&self, rooms: &[RoomId]) -> Vec<RoomHead> {
        let known = rooms.iter().filter_map(|id| Some((id, self.rooms.get(id)?)));
        known.map(|(id, room)| RoomHead(*id, room.head(), room.last_rev)).collect()
    }
}
