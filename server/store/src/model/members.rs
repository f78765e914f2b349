//! Memberships.

use super::Model;
use super::tables::{Membership, Tables};
use crate::rules::{consent, membership};
use crate::{MemberMark, Members, Result, Stamp, TOO_MANY_ROOMS};
use protocol::limits::ROOMS_MAX;
use protocol::{Mark, Member, Message, Role, RoomId, RoomKind, SystemEvent, UserId};

#[async_trait::async_trait]
impl Members for Model {
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>> {
        self.read(|tables| {
            let members = tables.rooms.get(&room).into_iter().flat_map(|room| &room.members);
            let after = members.filter(|(user, _)| cursor.is_none_or(|cursor| **user > cursor));
            let page = after.filter_map(|(user, member)| {
                let Membership { role, delivered, read } = *member;
                Some(Member { user: tables.users.get(user)?.clone(), role, delivered_seq: delivered, read_seq: read })
            });
            page.take(usize::try_from(limit).unwrap_or(0)).collect()
        })
        .await
    }

    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>> {
        self.read(|tables| tables.rooms.get(&room).into_iter().flat_map(|room| room.members.keys()).copied().collect())
            .await
    }

    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        self.read(|tables| {
            let shares = |other: &&UserId| {
                tables.rooms.values().any(|room| room.members.contains_key(&user) && room.members.contains_key(other))
            };
            others.iter().filter(shares).copied().collect()
        })
        .await
    }

    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>> {
        self.read(|tables| {
            let all = tables
                .rooms
                .iter()
                .flat_map(|(id, room)| room.members.iter().map(move |member| (id, room.kind, member)));
            let theirs = all.filter(|(_, _, (user, _))| users.contains(user));
            let read = |(id, kind, (user, member)): (&RoomId, RoomKind, (&UserId, &Membership))| MemberMark {
                room_id: *id,
                kind,
                mark: Mark(*user, member.delivered, member.read),
            };
            theirs.map(read).collect()
        })
        .await
    }

    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>> {
        self.read(|tables| {
            let known = users.iter().filter(|user| tables.users.contains_key(user));
            known.map(|user| (*user, tables.members_versions.get(user).copied().unwrap_or(0))).collect()
        })
        .await
    }

    async fn create_member(&self, id: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        self.write(|tables| {
            let room = tables.room(id)?;
            if actor != user {
                membership::may_add(room.kind, room.role(actor))?;
            }
            if room.role(user).is_some() {
                return Ok(None);
            }
            membership::may_enter(room.kind, actor == user, room.bans.contains_key(&user))?;
            let role = if room.members.is_empty() { Role::Owner } else { Role::Member };
            if actor != user {
                let kind = tables.room(id)?.kind;
                consent::may_bring_in(kind, tables.consent_is_given(actor, &[user]))?;
            }
            tables.require_place(&[user])?;
            let display_name = tables.name(user)?;
            let event =
                if actor == user { SystemEvent::Joined } else { SystemEvent::Added { user_id: user, display_name } };
            tables.enter(id, user, role, actor, event, stamp).map(Some)
        })
        .await
    }

    async fn delete_member(&self, id: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message> {
        self.write(|tables| {
            let room = tables.room(id)?;
            let (kind, alone, own, other) = (room.kind, room.members.len() == 1, room.role(actor), room.role(user));
            let role = if actor == user {
                membership::may_leave(kind, own)?
            } else {
                membership::may_remove(kind, own, other)?
            };
            if role == Role::Owner && !alone && !tables.has_other_owner(id, user) {
                return Err(membership::LAST_OWNER);
            }
            let display_name = tables.name(user)?;
            let event =
                if actor == user { SystemEvent::Left } else { SystemEvent::Removed { user_id: user, display_name } };
            tables.leave(id, user, actor, event, stamp)
        })
        .await
    }

    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        self.write(|tables| tables.update_member(room, actor, user, role, stamp)).await
    }
}

impl Tables {
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

    /// Ends a membership.
    pub(super) fn leave(
        &mut self,
        room: RoomId,
        user: UserId,
        actor: UserId,
        event: SystemEvent,
        stamp: Stamp,
    ) -> Result<Message> {
        let message = self.insert_system_message(room, actor, event, stamp)?;
        self.room(room)?.members.remove(&user);
        self.move_versions([user]);
        Ok(message)
    }

    /// Refuses where one of these people is in as many rooms as one can be.
    pub(super) fn require_place(&self, users: &[UserId]) -> Result<()> {
        let rooms = |user| self.rooms.values().filter(|room| room.members.contains_key(user)).count();
        let is_full = |user| i64::try_from(rooms(user)).is_ok_and(|rooms| rooms >= ROOMS_MAX);
        if users.iter().any(is_full) { Err(TOO_MANY_ROOMS) } else { Ok(()) }
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
        let before = membership::may_give_role(room.kind, room.role(actor), room.role(user))?;
        if before == role {
            return Ok(None);
        }
        if before == Role::Owner && !self.has_other_owner(id, user) {
            return Err(membership::LAST_OWNER);
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
}
