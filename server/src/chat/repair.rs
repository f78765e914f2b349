//! After bus trouble a node's picture may be out of date: who is in which room, which sessions live, what was said.
//! The database knows; connected people get the difference without reconnecting.

use super::Chat;
use crate::Error;
use protocol::{RoomHead, RoomId, ServerFrame, SessionId, UserId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

impl Chat {
    /// Brings this node's picture up to date, and tells its connections where their rooms stand, so that they fetch what they missed.
    pub(crate) async fn repair(&self) -> Result<(), Error> {
        let connections = self.hub.connections();
        let mut by_user: BTreeMap<UserId, Vec<_>> = BTreeMap::new();
        for connection in connections {
            by_user.entry(connection.user).or_default().push(connection);
        }
        let users: Vec<_> = by_user.keys().copied().collect();
        let mut rooms_of: BTreeMap<UserId, Vec<RoomId>> = BTreeMap::new();
        for (user, room) in self.store.list_memberships(&users).await? {
            rooms_of.entry(user).or_default().push(room);
        }
        for user in users {
            self.hub.replace_rooms(user, rooms_of.get(&user).map_or(&[], Vec::as_slice)).await;
        }
        self.end_dead_sessions(&by_user).await?;
        let heads = self.store.list_heads(&self.hub.active_rooms()).await?;
        let heads: HashMap<RoomId, RoomHead> = heads.into_iter().map(|head| (head.0, head)).collect();
        for (user, connections) in by_user {
            let rooms = rooms_of.get(&user).map_or(&[][..], Vec::as_slice);
            let rooms = rooms.iter().filter_map(|room| heads.get(room)).copied().collect();
            let frame = crate::hub::encode(&ServerFrame::Heads { rooms });
            for connection in connections {
                connection.send_encoded(frame.clone());
            }
        }
        Ok(())
    }

    async fn end_dead_sessions(
        &self,
        by_user: &BTreeMap<UserId, Vec<Arc<crate::hub::Connection>>>,
    ) -> Result<(), Error> {
        let sessions: Vec<_> = by_user.values().flatten().map(|connection| connection.session).collect();
        let live = self.store.list_live_sessions(&sessions, crate::clock::now()).await?;
        let live: HashSet<SessionId> = live.into_iter().collect();
        for connection in by_user.values().flatten().filter(|connection| !live.contains(&connection.session)) {
            connection.close(protocol::CloseCode::SessionRevoked);
        }
        Ok(())
    }
}
