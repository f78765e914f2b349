//! Bans of a room: list, ban, lift.

use super::{Chat, NO_ROOM};
use crate::Error;
use protocol::{BanPage, RoomId, UserId};
use std::sync::Arc;
use store::rules::membership;

impl Chat {
    /// Bans a person from a room, and ends their membership.
    pub async fn ban(self: &Arc<Self>, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        self.complete(async move |chat| {
            if let Some(message) = chat.store.create_ban(room, actor, user, chat.stamp()).await? {
                chat.announce(Some(message));
                chat.hub.leave(user, room);
            }
            Ok(())
        })
        .await
    }

    /// Lifts a ban: the person may be added again, or join a public room.
    pub async fn lift_ban(self: &Arc<Self>, actor: UserId, room: RoomId, user: UserId) -> Result<(), Error> {
        self.complete(async move |chat| Ok(chat.store.delete_ban(room, actor, user).await?)).await
    }

    /// A page of banned people in the order of their ids, for admins and owners.
    pub async fn list_bans(
        &self,
        actor: UserId,
        room: RoomId,
        cursor: Option<UserId>,
        limit: i64,
    ) -> Result<BanPage, Error> {
        let access = self.store.find_access(actor, room).await?.ok_or(NO_ROOM)?;
        membership::may_see_bans(access.kind, access.role)?;
        let mut bans = self.store.list_bans(room, cursor, limit).await?;
        for ban in &mut bans {
            ban.user = ban.user.clone().seen_by_others();
        }
        let full = i64::try_from(bans.len()).is_ok_and(|count| count >= limit);
        let next_cursor = bans.last().filter(|_| full).map(|ban| ban.user.id);
        Ok(BanPage { bans, next_cursor })
    }
}
