//! Rooms: as their members see them, made, renamed, deleted.

use super::Model;
use super::tables::{Membership, Room, Tables};
use crate::rules::membership::PUBLIC_ROOMS;
use crate::rules::{consent, membership};
use crate::{Access, Created, Error, NewRoom, Result, RoomChange, RoomCursor, Rooms, Stamp};
use protocol::limits::UNREAD_MAX;
use protocol::{
    Mark, Message, MessageKind, PublicRoom, PublicRooms, Role, RoomHead, RoomId, RoomKind, RoomSummary, Seq,
    SystemEvent, UnixMillis, User, UserId,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

#[async_trait::async_trait]
impl Rooms for Model {
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>> {
        self.read(|tables| tables.list_rooms(user)).await
    }

    async fn find_room(&self, user: UserId, id: RoomId) -> Result<Option<RoomSummary>> {
        self.hook.read_room(id)?;
        self.read(|tables| {
            let room = tables.rooms.get(&id).filter(|room| room.may_see(user))?;
            Some(tables.summary(id, room, user))
        })
        .await
    }

    async fn list_public_rooms(
        &self,
        user: UserId,
        query: &str,
        after: Option<&RoomCursor>,
        limit: i64,
    ) -> Result<PublicRooms> {
        let folded = |text: &str| text.split_whitespace().map(|word| format!(" {}", word.to_lowercase())).collect();
        let (query, limit): (String, _) = (folded(query), usize::try_from(limit).unwrap_or(0));
        self.read(|tables| {
            let is_open = |room: &Room| {
                let is_listed = room.kind == RoomKind::Public && room.archived_at.is_none();
                is_listed && room.role(user).is_none() && room.may_see(user)
            };
            let is_found = |room: &Room| {
                let text: String = folded(&room.name);
                is_open(room) && text.contains(&query)
            };
            let mut found: Vec<_> = tables
                .rooms
                .iter()
                .filter(|(_, room)| is_found(room))
                .map(|(id, room)| (RoomCursor { name: room.name.to_lowercase(), id: *id }, room))
                .filter(|(cursor, _)| after.is_none_or(|after| (&cursor.name, cursor.id) > (&after.name, after.id)))
                .collect();
            found.sort_by_cached_key(|(cursor, _)| (cursor.name.clone(), cursor.id));
            found.truncate(limit);
            let next_cursor = found.last().filter(|_| found.len() >= limit).map(|(cursor, _)| cursor.to_string());
            let listed = found.into_iter().map(|(cursor, room)| PublicRoom {
                id: cursor.id,
                name: room.name.clone(),
                members_count: i64::try_from(room.members.len()).unwrap_or(i64::MAX),
            });
            PublicRooms { rooms: listed.collect(), next_cursor }
        })
        .await
    }

    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>> {
        self.read(|tables| {
            let found = tables.rooms.get(&room).filter(|room| !room.bans.contains_key(&user));
            found.map(|found| found.access(user))
        })
        .await
    }

    async fn create_room(&self, new: NewRoom, stamp: Stamp) -> Result<Created> {
        self.write(|tables| {
            let everybody: BTreeSet<UserId> = new.members.iter().copied().chain([new.creator]).collect();
            let same = |room: &Room| room.kind == RoomKind::Direct && room.members.keys().eq(&everybody);
            if new.kind == RoomKind::Direct
                && let Some((id, _)) = tables.rooms.iter().find(|(_, room)| same(room))
            {
                return Ok(Created::Existing(*id));
            }
            if everybody.iter().any(|user| !tables.users.contains_key(user)) {
                return Err(Error::NotFound("user"));
            }
            if new.kind == RoomKind::Direct {
                consent::may_open_direct(tables.is_blocked_by(new.creator, &new.members))?;
            } else {
                if new.kind == RoomKind::Public {
                    let is_admin = tables.users.get(&new.creator).is_some_and(|user| user.is_admin);
                    membership::may_create_public(tables.settings.get(PUBLIC_ROOMS).map(String::as_str), is_admin)?;
                }
                consent::may_bring_in(new.kind, tables.consent_is_given(new.creator, &new.members))?;
            }
            tables.require_place(&everybody.iter().copied().collect::<Vec<_>>())?;
            let mut room = Room::new(new.kind, new.name.unwrap_or_default(), stamp.now);
            for user in everybody {
                let owns = user == new.creator && new.kind != RoomKind::Direct;
                let role = if owns { Role::Owner } else { Role::Member };
                room.members.insert(user, Membership { role, delivered: Seq(0), read: Seq(0) });
            }
            tables.move_versions(room.members.keys().copied());
            tables.rooms.insert(new.id, room);
            if new.kind != RoomKind::Direct {
                tables.insert_system_message(new.id, new.creator, SystemEvent::Created, stamp)?;
            }
            Ok(Created::New)
        })
        .await
    }

    async fn update_room(&self, id: RoomId, actor: UserId, changes: &[(RoomChange, Stamp)]) -> Result<Vec<Message>> {
        self.write(|tables| {
            let room = tables.room(id)?;
            // All of them are allowed, or none is made.
            changes.iter().try_for_each(|(change, _)| membership::may_change(room.kind, room.role(actor), change))?;
            let made = changes.iter().map(|(change, stamp)| tables.change_room(id, actor, change, *stamp));
            made.filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn delete_room(&self, id: RoomId, actor: UserId, _: UnixMillis) -> Result<Vec<UserId>> {
        self.write(|tables| {
            let room = tables.room(id)?;
            membership::may_delete(room.kind, room.role(actor))?;
            let room = tables.rooms.remove(&id).ok_or(Error::NotFound("room"))?;
            tables.ids.retain(|_, place| place.0 != id);
            tables.revisions.retain(|_, place| place.0 != id);
            tables.digests.retain(|name, _| tables.ids.contains_key(name));
            tables.general = tables.general.filter(|general| *general != id);
            tables.move_versions(room.members.keys().copied());
            Ok(room.members.into_keys().collect())
        })
        .await
    }

    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>> {
        self.read(|tables| {
            let known = rooms.iter().filter_map(|id| Some((id, tables.rooms.get(id)?)));
            known.map(|(id, room)| RoomHead(*id, room.head(), room.last_rev)).collect()
        })
        .await
    }
}

impl Tables {
    /// Makes a change, unless the room is so already.
    fn change_room(&mut self, id: RoomId, actor: UserId, change: &RoomChange, stamp: Stamp) -> Result<Option<Message>> {
        let room = self.room(id)?;
        let is_so = match change {
            RoomChange::Name(name) => room.name == *name,
            RoomChange::Topic(topic) => room.topic == *topic,
            RoomChange::Archived(archived) => room.archived_at.is_some() == *archived,
            RoomChange::Posting(posting) => room.posting == *posting,
        };
        if is_so {
            return Ok(None);
        }
        let message = self.insert_system_message(id, actor, change.event(), stamp)?;
        let room = self.room(id)?;
        match change {
            RoomChange::Name(name) => name.clone_into(&mut room.name),
            RoomChange::Topic(topic) => topic.clone_into(&mut room.topic),
            RoomChange::Archived(archived) => room.archived_at = archived.then_some(stamp.now),
            RoomChange::Posting(posting) => room.posting = *posting,
        }
        Ok(Some(message))
    }

    pub fn list_rooms(&self, user: UserId) -> Vec<RoomSummary> {
        let mine = self.rooms.iter().filter(|(_, room)| room.members.contains_key(&user));
        let mut mine: Vec<_> = mine.collect();
        let active = |room: &Room| room.messages.last().map_or(room.created_at, |last| last.created_at);
        mine.sort_by_key(|(id, room)| Reverse((active(room), **id)));
        mine.into_iter().map(|(id, room)| self.summary(*id, room, user)).collect()
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
        let name = other.as_ref().and_then(|other| self.name(other.id).ok()).unwrap_or_else(|| room.name.clone());
        RoomSummary {
            id,
            kind: room.kind,
            name: name.clone(),
            last_seq: room.head(),
            last_rev: room.last_rev,
            read_seq,
            unread: i64::try_from(unread.count()).unwrap_or(i64::MAX).min(UNREAD_MAX + 1),
            last_message: room.messages.last().map(Message::preview),
            members_count: i64::try_from(room.members.len()).unwrap_or(i64::MAX),
            role: room.role(user),
            other: other.map(|other| User { display_name: name.clone(), ..other.seen_by_others() }),
            other_mark,
            topic: Some(room.topic.clone()).filter(|topic| !topic.is_empty()),
            archived_at: room.archived_at,
            posting: room.posting,
        }
    }
}
