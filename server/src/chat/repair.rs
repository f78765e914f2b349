//! A node's picture may be out of date, after bus trouble or because somebody died before telling: who is in which room,
//! which sessions live, what was read and said. The database knows; connected people get the difference without
//! reconnecting.

use super::Chat;
use crate::Error;
use crate::hub::{Present, encode};
use protocol::{CloseCode, Mark, RoomId, Seq, ServerFrame, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

/// How far each member who is connected here had read which room at the last repair.
pub(super) type ReadMarks = BTreeMap<(UserId, RoomId), Seq>;

impl Chat {
    /// Brings this node's picture up to date, and tells its connections what they missed.
    pub(crate) async fn repair(&self) -> Result<(), Error> {
        let present = self.hub.present();
        let users: Vec<_> = present.keys().copied().collect();
        let memberships = self.store.list_memberships(&users).await?;
        let mut rooms_of: BTreeMap<UserId, Vec<RoomId>> = BTreeMap::new();
        for (room, Mark(user, ..)) in &memberships {
            rooms_of.entry(*user).or_default().push(*room);
        }
        for (user, person) in &present {
            let rooms = rooms_of.remove(user).unwrap_or_default();
            self.move_person(*user, &rooms, person.version).await?;
        }
        self.tell_marks(&memberships);
        self.end_dead_sessions(&present).await?;
        self.check_heads().await?;
        self.fill_holes(true).await
    }

    /// Makes a person's connections be where the database says, and tells them what differs. Where they moved meanwhile,
    /// the next repair looks again.
    async fn move_person(&self, user: UserId, rooms: &[RoomId], version: u64) -> Result<(), Error> {
        let Some(moved) = self.hub.replace_rooms(user, rooms, version).await else { return Ok(()) };
        for room in moved.left {
            self.hub.tell_here(user, &encode(&ServerFrame::RoomGone { room_id: room }));
        }
        let mut failed = None;
        for id in moved.joined {
            match self.store.find_room(user, id).await {
                Ok(Some(room)) => self.hub.show_here(user, room),
                // Not shown is not in it.
                Ok(None) => self.hub.leave_here(user, id),
                Err(error) => {
                    self.hub.leave_here(user, id);
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Tells people what they have read since the last repair on whichever device; one may not have heard it.
    fn tell_marks(&self, memberships: &[(RoomId, Mark)]) {
        let read = memberships.iter().map(|(room, Mark(user, _, read))| ((*user, *room), *read)).collect();
        let before = std::mem::replace(&mut *self.read_marks.lock().unwrap_or_else(PoisonError::into_inner), read);
        for (room, mark) in memberships {
            if before.get(&(mark.0, *room)) != Some(&mark.2) {
                let frame = ServerFrame::Status { room_id: *room, marks: vec![*mark] };
                self.hub.tell_here(mark.0, &encode(&frame));
            }
        }
    }

    async fn end_dead_sessions(&self, present: &BTreeMap<UserId, Present>) -> Result<(), Error> {
        let connections = || present.values().flat_map(|person| &person.connections);
        let sessions: Vec<_> = connections().map(|connection| connection.session).collect();
        let live = self.store.list_live_sessions(&sessions, self.clock.now()).await?;
        let live: BTreeSet<SessionId> = live.into_iter().collect();
        for connection in connections().filter(|connection| !live.contains(&connection.session)) {
            connection.close(CloseCode::SessionRevoked);
        }
        Ok(())
    }
}
