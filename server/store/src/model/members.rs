//! Memberships and marks.

use super::tables::{Membership, Tables};
use crate::{Error, MemberMark, RaisedMark, Result, Stamp, TOO_MANY_ROOMS, rights};
use protocol::limits::ROOMS_MAX;
use protocol::{Mark, Member, Message, Role, RoomId, RoomKind, SystemEvent, UserId};

const LAST_OWNER: Error = Error::Conflict("The room would have no owner. Make somebody else an owner first.");

impl Tables {
    pub(super) fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Vec<Member> {
        let members = self.rooms.get(&room).into_iter().flat_map(|room| &room.members);
        let after = members.filter(|(user, _)| cursor.is_none_or(|cursor| **user > cursor));
        let page = after.filter_map(|(user, member)| {
            let Membership { role, delivered, read } = *member;
            Some(Member { user: self.users.get(user)?.clone(), role, delivered_seq: delivered, read_seq: read })
        });
        page.take(usize::try_from(limit).unwrap_or(0)).collect()
    }

    pub(super) fn list_member_ids(&self, room: RoomId) -> Vec<UserId> {
        self.rooms.get(&room).into_iter().flat_map(|room| room.members.keys()).copied().collect()
    }

    pub(super) fn list_sharing(&self, user: UserId, others: &[UserId]) -> Vec<UserId> {
        let shares = |other: &&UserId| {
            self.rooms.values().any(|room| room.members.contains_key(&user) && room.members.contains_key(other))
        };
        others.iter().filter(shares).copied().collect()
    }

    pub(super) fn list_memberships(&self, users: &[UserId]) -> Vec<MemberMark> {
        let all =
            self.rooms.iter().flat_map(|(id, room)| room.members.iter().map(move |member| (id, room.kind, member)));
        let theirs = all.filter(|(_, _, (user, _))| users.contains(user));
        let read = |(id, kind, (user, member)): (&RoomId, RoomKind, (&UserId, &Membership))| MemberMark {
            room_id: *id,
            kind,
            mark: Mark(*user, member.delivered, member.read),
        };
        theirs.map(read).collect()
    }

    pub(super) fn list_direct_marks(&self, rooms: &[RoomId]) -> Vec<(RoomId, Mark)> {
        let known = rooms.iter().filter_map(|id| Some((id, self.rooms.get(id)?)));
        let members = known.flat_map(|(id, room)| room.members.iter().map(move |(user, member)| (id, user, member)));
        let told = members.filter(|(_, user, _)| self.users.get(user).is_some_and(|user| user.receipts));
        told.map(|(id, user, member)| (*id, Mark(*user, member.delivered, member.read))).collect()
    }

    pub(super) fn list_members_versions(&self, users: &[UserId]) -> Vec<(UserId, i64)> {
        let known = users.iter().filter(|user| self.users.contains_key(user));
        known.map(|user| (*user, self.members_versions.get(user).copied().unwrap_or(0))).collect()
    }

    /// Makes somebody who is no member one. What was said before they came counts as read.
    pub(super) fn enter(
        &mut self,
        room: RoomId,
        user: UserId,
        role: Role,
        actor: UserId,
        event: SystemEvent,
        stamp: Stamp,
    ) -> Result<Message> {
        let message = self.insert_system_message(room, actor, event, stamp)?;
        let member = Membership { role, delivered: message.seq, read: message.seq };
        self.room(room)?.members.insert(user, member);
        self.move_versions([user]);
        Ok(message)
    }

    pub(super) fn create_member(
        &mut self,
        id: RoomId,
        actor: UserId,
        user: UserId,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        let room = self.room(id)?;
        if actor != user {
            rights::may_add(room.kind, room.role(actor))?;
        }
        if room.role(user).is_some() {
            return Ok(None);
        }
        if actor == user {
            rights::may_join(room.kind)?;
        }
        let role = if room.members.is_empty() { Role::Owner } else { Role::Member };
        self.require_place(&[user])?;
        let display_name = self.name(user)?;
        let event =
            if actor == user { SystemEvent::Joined } else { SystemEvent::Added { user_id: user, display_name } };
        self.enter(id, user, role, actor, event, stamp).map(Some)
    }

    /// Refuses where one of these people is in as many rooms as one can be.
    pub(super) fn require_place(&self, users: &[UserId]) -> Result<()> {
        let rooms = |user| self.rooms.values().filter(|room| room.members.contains_key(user)).count();
        let is_full = |user| i64::try_from(rooms(user)).is_ok_and(|rooms| rooms >= ROOMS_MAX);
        if users.iter().any(is_full) { Err(TOO_MANY_ROOMS) } else { Ok(()) }
    }

    pub(super) fn delete_member(&mut self, id: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message> {
        let room = self.room(id)?;
        let (kind, alone, own, other) = (room.kind, room.members.len() == 1, room.role(actor), room.role(user));
        let role = if actor == user { rights::may_leave(kind, own)? } else { rights::may_remove(kind, own, other)? };
        if role == Role::Owner && !alone && !self.has_other_owner(id, user) {
            return Err(LAST_OWNER);
        }
        let display_name = self.name(user)?;
        let event =
            if actor == user { SystemEvent::Left } else { SystemEvent::Removed { user_id: user, display_name } };
        let message = self.insert_system_message(id, actor, event, stamp)?;
        self.room(id)?.members.remove(&user);
        self.move_versions([user]);
        Ok(message)
    }

    pub(super) fn update_member(
        &mut self,
        id: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        let room = self.room(id)?;
        let before = rights::may_give_role(room.kind, room.role(actor), room.role(user))?;
        if before == role {
            return Ok(None);
        }
        if before == Role::Owner && !self.has_other_owner(id, user) {
            return Err(LAST_OWNER);
        }
        if let Some(member) = self.room(id)?.members.get_mut(&user) {
            member.role = role;
        }
        self.move_versions([user]);
        let event = SystemEvent::RoleChanged { user_id: user, display_name: self.name(user)?, role };
        self.insert_system_message(id, actor, event, stamp).map(Some)
    }

    fn has_other_owner(&self, room: RoomId, user: UserId) -> bool {
        let members = self.rooms.get(&room).into_iter().flat_map(|room| &room.members);
        members.into_iter().any(|(other, member)| *other != user && member.role == Role::Owner)
    }

    pub(super) fn update_marks(&mut self, marks: &[(RoomId, Mark)]) -> Vec<RaisedMark> {
        marks.iter().filter_map(|(room, mark)| self.update_mark(*room, *mark)).collect()
    }

    fn update_mark(&mut self, room_id: RoomId, Mark(user, delivered, read): Mark) -> Option<RaisedMark> {
        let room = self.rooms.get_mut(&room_id)?;
        let head = room.head();
        let members_count = i64::try_from(room.members.len()).unwrap_or(i64::MAX);
        let member = room.members.get_mut(&user)?;
        // What is read has arrived.
        let marks = (member.delivered.max(delivered.max(read).min(head)), member.read.max(read.min(head)));
        let moved = marks != (member.delivered, member.read);
        (member.delivered, member.read) = marks;
        let mark = Mark(user, marks.0, marks.1);
        if moved && room.kind == RoomKind::Direct {
            let both: Vec<_> = room.members.keys().copied().collect();
            self.move_versions(both);
        }
        moved.then_some(RaisedMark { room_id, mark, members_count, receipts: true })
    }
}
