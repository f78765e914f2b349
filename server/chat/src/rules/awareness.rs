//! Awareness (typing and presence): who may see whose, and when somebody was last seen.

use super::Chat;
use crate::Error;
use crate::hub::{Connection, PRESENCE_INTERVAL, Watched};
use protocol::limits::FOCUS_USERS;
use protocol::{RoomId, ServerFrame, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::MissedTickBehavior;

impl Chat {
    /// Sets what a connection shows. It receives the presence of those `users` who share a room with its person, and then
    /// each change. Where one of two people blocks the other, each is shown the other one as offline.
    pub async fn focus(
        &self,
        connection: &Arc<Connection>,
        room: Option<RoomId>,
        users: Vec<UserId>,
        away: bool,
    ) -> Result<(), Error> {
        if users.len() > FOCUS_USERS {
            return Err(Error::Invalid(format!("users: at most {FOCUS_USERS}, these are {}.", users.len())));
        }
        let version = self.hub.blocks_version();
        let (users, blockers) = if users.is_empty() {
            (users, Vec::new())
        } else {
            let _permit = self.catch_up_permit().await?;
            let users = self.store.list_sharing(connection.user, &users).await?;
            let blockers = self.store.list_blockers(connection.user, &users).await?;
            (users, blockers)
        };
        let watched = Watched { users: users.clone(), blockers, version };
        let offline = self.hub.focus(connection, room, watched, away);
        if users.is_empty() {
            return Ok(());
        }
        let seen: BTreeMap<_, _> = match offline.as_slice() {
            [] => BTreeMap::new(),
            offline => {
                let _permit = self.catch_up_permit().await?;
                self.store.list_last_seen(connection.user, offline).await?.into_iter().collect()
            }
        };
        self.hub.send_presence(connection, &users, &seen);
        Ok(())
    }

    /// A person started or stopped typing. Reads nothing from the database: the blocks of connected people are in memory.
    pub fn typing(&self, connection: &Connection, room: RoomId, typing: bool) -> Result<(), Error> {
        let user_id = connection.user;
        if !self.hub.delivery.is_in(user_id, room) {
            return Err(super::NO_ROOM);
        }
        let frame = if typing {
            ServerFrame::TypingStart { room_id: room, user_id, name: connection.name.to_string() }
        } else {
            ServerFrame::TypingStop { room_id: room, user_id }
        };
        self.hub.publish_typing(room, user_id, &frame);
        Ok(())
    }

    /// Publishes presence and stores when people were last seen, for as long as the node lives.
    pub async fn keep_presence(self: Arc<Self>) {
        let mut tick = tokio::time::interval(PRESENCE_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let (gone, at) = self.hub.publish_presence(self.clock.now());
            if !gone.is_empty()
                && let Err(error) = self.store.update_last_seen(&gone, at).await
            {
                tracing::debug!(%error, "the time when people were last seen was not stored");
            }
        }
    }
}
