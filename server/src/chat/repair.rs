//! After bus trouble a node's picture may be out of date: who is in which room, which sessions live, what was said.
//! The database knows; connected people get the difference without reconnecting.

use super::Chat;
use crate::Error;
use crate::hub::{Connection, encode};
use protocol::{Mark, RoomId, ServerFrame, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

type People = BTreeMap<UserId, Vec<Arc<Connection>>>;

impl Chat {
    /// Brings this node's picture up to date, and tells its connections what they missed.
    pub(crate) async fn repair(&self) -> Result<(), Error> {
        let mut people: People = BTreeMap::new();
        for connection in self.hub.connections() {
            people.entry(connection.user).or_default().push(connection);
        }
        let users: Vec<_> = people.keys().copied().collect();
        let mut rooms_of: BTreeMap<UserId, BTreeMap<RoomId, Mark>> = BTreeMap::new();
        for (room, mark) in self.store.list_memberships(&users).await? {
            rooms_of.entry(mark.0).or_default().insert(room, mark);
        }
        for (user, connections) in &people {
            let rooms = rooms_of.remove(user).unwrap_or_default();
            self.repair_person(*user, connections, &rooms).await?;
        }
        self.end_dead_sessions(&people).await?;
        self.check_heads().await?;
        self.fill_holes(true).await
    }

    /// Rooms that came and went without a word, and marks that moved on other devices.
    async fn repair_person(
        &self,
        user: UserId,
        connections: &[Arc<Connection>],
        rooms: &BTreeMap<RoomId, Mark>,
    ) -> Result<(), Error> {
        let before: BTreeSet<RoomId> = self.hub.rooms_of(user);
        let now: Vec<_> = rooms.keys().copied().collect();
        self.hub.replace_rooms(user, &now).await;
        let mut frames = Vec::new();
        for room in now.iter().filter(|room| !before.contains(room)) {
            let found = self.store.find_room(user, *room).await?;
            frames.extend(found.map(|room| ServerFrame::RoomChanged { room }));
        }
        let gone = before.iter().filter(|room| !rooms.contains_key(room));
        frames.extend(gone.map(|room| ServerFrame::RoomGone { room_id: *room }));
        frames.extend(rooms.iter().map(|(room, mark)| ServerFrame::Status { room_id: *room, marks: vec![*mark] }));
        for frame in frames.iter().map(encode) {
            for connection in connections {
                connection.send_encoded(frame.clone());
            }
        }
        Ok(())
    }

    async fn end_dead_sessions(&self, people: &People) -> Result<(), Error> {
        let sessions: Vec<_> = people.values().flatten().map(|connection| connection.session).collect();
        let live = self.store.list_live_sessions(&sessions, self.clock.now()).await?;
        let live: HashSet<SessionId> = live.into_iter().collect();
        for connection in people.values().flatten().filter(|connection| !live.contains(&connection.session)) {
            connection.close(protocol::CloseCode::SessionRevoked);
        }
        Ok(())
    }
}
