//! Blocks of people by people.

use super::Model;
use super::tables::Tables;
use crate::rules::consent;
use crate::{Blocks, Result};
use protocol::{RoomId, RoomKind, UnixMillis, UserId};

#[async_trait::async_trait]
impl Blocks for Model {
    async fn create_block(&self, user: UserId, blocked: UserId, now: UnixMillis) -> Result<()> {
        self.write(|tables| {
            tables.name(user)?;
            tables.name(blocked)?;
            if !tables.blocks.contains_key(&(user, blocked)) {
                let count = tables.blocks.keys().filter(|(blocker, _)| *blocker == user).count();
                consent::has_place_for_block(i64::try_from(count).unwrap_or(i64::MAX))?;
                tables.blocks.insert((user, blocked), now);
            }
            Ok(())
        })
        .await
    }

    async fn delete_block(&self, user: UserId, blocked: UserId) -> Result<()> {
        self.write(|tables| {
            tables.blocks.remove(&(user, blocked));
            Ok(())
        })
        .await
    }

    async fn list_blocks(&self, user: UserId) -> Result<Vec<UserId>> {
        self.read(|tables| {
            let own = tables.blocks.iter().filter(|((blocker, _), _)| *blocker == user);
            let mut own: Vec<_> = own.map(|((_, blocked), at)| (*at, *blocked)).collect();
            own.sort_unstable_by(|a, b| b.cmp(a));
            own.into_iter().map(|(_, blocked)| blocked).collect()
        })
        .await
    }

    async fn list_blocks_by(&self, users: &[UserId]) -> Result<Vec<(UserId, UserId)>> {
        self.read(|tables| tables.blocks.keys().filter(|(blocker, _)| users.contains(blocker)).copied().collect()).await
    }

    async fn list_blockers(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        self.read(|tables| others.iter().copied().filter(|other| tables.blocks.contains_key(&(*other, user))).collect())
            .await
    }
}

impl Tables {
    /// Whether one of `users` blocks `actor`.
    pub(super) fn is_blocked_by(&self, actor: UserId, users: &[UserId]) -> bool {
        users.iter().any(|user| self.blocks.contains_key(&(*user, actor)))
    }

    /// Whether the other person of a direct room blocks `sender`.
    pub(super) fn is_blocked_in(&self, room: RoomId, sender: UserId) -> bool {
        let direct = self.rooms.get(&room).filter(|room| room.kind == RoomKind::Direct);
        direct.is_some_and(|room| room.members.keys().any(|other| self.blocks.contains_key(&(*other, sender))))
    }
}
