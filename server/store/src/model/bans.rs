//! Bans.

use super::Model;
use crate::rules::membership;
use crate::{Bans, Error, Result, Stamp};
use protocol::{Ban, Message, RoomId, SystemEvent, UserId};

#[async_trait::async_trait]
impl Bans for Model {
    async fn create_ban(&self, id: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        self.write(|tables| {
            let room = tables.room(id)?;
            let other = room.role(user);
            membership::may_ban(room.kind, room.role(actor), other, actor == user)?;
            let display_name = tables.name(user)?;
            let room = tables.room(id)?;
            if room.bans.contains_key(&user) {
                return Ok(None);
            }
            membership::has_place_for_ban(i64::try_from(room.bans.len()).unwrap_or(i64::MAX))?;
            room.bans.insert(user, (actor, stamp.now));
            if other.is_none() {
                return Ok(None);
            }
            tables.leave(id, user, actor, SystemEvent::Banned { user_id: user, display_name }, stamp).map(Some)
        })
        .await
    }

    async fn delete_ban(&self, id: RoomId, actor: UserId, user: UserId) -> Result<()> {
        self.write(|tables| {
            let room = tables.room(id)?;
            membership::may_see_bans(room.kind, room.role(actor))?;
            room.bans.remove(&user).map(drop).ok_or(Error::NotFound("ban"))
        })
        .await
    }

    async fn list_bans(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Ban>> {
        self.read(|tables| {
            let bans = tables.rooms.get(&room).into_iter().flat_map(|room| &room.bans);
            let after = bans.filter(|(user, _)| cursor.is_none_or(|cursor| **user > cursor));
            let page = after.filter_map(|(user, (banned_by, created_at))| {
                Some(Ban { user: tables.users.get(user)?.clone(), banned_by: *banned_by, created_at: *created_at })
            });
            page.take(usize::try_from(limit).unwrap_or(0)).collect()
        })
        .await
    }
}
