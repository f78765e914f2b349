//! Members of a room: list, add, remove, leave, give roles.

use super::{Chat, DIRECT, NO_ROOM};
use crate::Error;
use protocol::{Member, MemberPage, Role, RoomId, RoomKind, Seq, UserId};

impl Chat {
    pub(crate) async fn list_members(
        &self,
        user: UserId,
        room: RoomId,
        cursor: Option<UserId>,
        limit: i64,
    ) -> Result<MemberPage, Error> {
        self.access(user, room).await?;
        let mut members = self.store.list_members(room, cursor, limit).await?;
        let tells = members.iter().find(|member| member.user.id == user).is_none_or(|member| member.user.receipts);
        for member in members.iter_mut().filter(|member| member.user.id != user) {
            if !(tells && member.user.receipts) {
                (member.delivered_seq, member.read_seq) = (Seq(0), Seq(0));
            }
        }
        let full = i64::try_from(members.len()).is_ok_and(|count| count >= limit);
        let next_cursor = members.last().filter(|_| full).map(|member: &Member| member.user.id);
        Ok(MemberPage { members, next_cursor })
    }

    pub(crate) async fn add_member(&self, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        self.require(actor, room, Role::Admin, "Only an admin or owner of the room may add people.").await?;
        if let Some(message) = self.store.create_member(room, actor, user, self.stamp()).await? {
            self.welcome_to(user, room).await;
            self.announce(Some(message));
        }
        Ok(())
    }

    /// Leaves a room (`user` is the actor), or takes somebody with a lower role out of it.
    pub(crate) async fn remove_member(&self, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        if actor == user {
            let access = self.access(actor, room).await?;
            access.role.ok_or(NO_ROOM)?;
            if access.kind == RoomKind::Direct {
                return Err(DIRECT);
            }
        } else {
            const REFUSAL: &str = "Only an admin or owner of the room may remove people, and an admin only members.";
            let own = self.require(actor, room, Role::Admin, REFUSAL).await?.role;
            let other = self.store.find_access(user, room).await?.and_then(|access| access.role);
            let other = other.ok_or(Error::NotFound("member"))?;
            if own != Some(Role::Owner) && other >= Role::Admin {
                return Err(Error::Forbidden(REFUSAL));
            }
        }
        if let Some(message) = self.store.delete_member(room, actor, user, self.stamp()).await? {
            self.announce(Some(message));
            self.hub.leave(user, room);
        }
        Ok(())
    }

    pub(crate) async fn set_role(&self, actor: UserId, room: RoomId, user: UserId, role: Role) -> Result<(), Error> {
        self.require(actor, room, Role::Owner, "Only an owner of the room may give roles.").await?;
        let access = self.store.find_access(user, room).await?;
        access.and_then(|access| access.role).ok_or(Error::NotFound("member"))?;
        if let Some(message) = self.store.update_member(room, actor, user, role, self.stamp()).await? {
            self.announce(Some(message));
            if let Some(room) = self.store.find_room(user, room).await?.filter(|room| room.role.is_some()) {
                self.hub.show(user, room);
            }
        }
        Ok(())
    }
}
