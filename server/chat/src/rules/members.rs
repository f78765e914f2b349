//! Members of a room: list, add, remove, leave, give roles.

use super::Chat;
use crate::Error;
use protocol::{Member, MemberPage, Role, RoomId, Seq, User, UserId};
use std::sync::Arc;
use store::rules::membership;

impl Chat {
    pub async fn list_members(
        &self,
        caller: &User,
        room: RoomId,
        cursor: Option<UserId>,
        limit: i64,
    ) -> Result<MemberPage, Error> {
        let user = caller.id;
        // Only members see marks, and only those who share their own.
        let tells = self.access(user, room).await?.role.is_some() && caller.receipts;
        let mut members = self.store.list_members(room, cursor, limit).await?;
        for member in members.iter_mut().filter(|member| member.user.id != user) {
            if !(tells && member.user.receipts) {
                (member.delivered_seq, member.read_seq) = (Seq(0), Seq(0));
            }
            member.user = member.user.clone().seen_by_others();
        }
        let full = i64::try_from(members.len()).is_ok_and(|count| count >= limit);
        let next_cursor = members.last().filter(|_| full).map(|member: &Member| member.user.id);
        Ok(MemberPage { members, next_cursor })
    }

    pub async fn add_member(self: &Arc<Self>, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        if actor == user {
            // A person with the right to add people is a member already.
            let access = self.access(actor, room).await?;
            return Ok(membership::may_add(access.kind, access.role)?);
        }
        self.complete(async move |chat| {
            if let Some(message) = chat.store.create_member(room, actor, user, chat.stamp()).await? {
                chat.enter_room(user, room).await;
                chat.announce(Some(message));
            }
            Ok(())
        })
        .await
    }

    /// Leaves a room (`user` is the actor), or removes a member: an admin may remove plain members, an owner anybody.
    pub async fn remove_member(self: &Arc<Self>, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        self.complete(async move |chat| {
            let message = chat.store.delete_member(room, actor, user, chat.stamp()).await?;
            chat.announce(Some(message));
            chat.hub.leave(user, room);
            Ok(())
        })
        .await
    }

    pub async fn set_role(
        self: &Arc<Self>,
        actor: UserId,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<(), Error> {
        if role == Role::Unknown {
            return Err(Error::Invalid("role: must be member, admin or owner.".into()));
        }
        self.complete(async move |chat| {
            if let Some(message) = chat.store.update_member(room, actor, user, role, chat.stamp()).await? {
                chat.announce(Some(message));
                if let Some(room) = chat.store.find_room(user, room).await?.filter(|room| room.role.is_some()) {
                    chat.hub.show(user, room);
                }
            }
            Ok(())
        })
        .await
    }
}
