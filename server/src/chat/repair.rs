//! A node's picture may be out of date, after bus trouble or because somebody died before telling: who is in which room,
//! which sessions live, what was read and said. The database knows; connected people get the difference without
//! reconnecting.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use crate::hub::Present;
use crate::line::Frame;
use protocol::{CloseCode, Mark, RoomId, Seq, ServerFrame, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

/// What people who are connected here were told of marks at the last repair: whom, in which room, whose, how far.
pub(super) type KnownMarks = BTreeMap<(UserId, RoomId, UserId), (Seq, Seq)>;

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
        for (user, person) in present.iter().filter(|_| self.mechanisms.has(Mechanism::Repair)) {
            let rooms = rooms_of.remove(user).unwrap_or_default();
            self.move_person(*user, &rooms, person.version).await?;
        }
        let mut marks = self.store.list_other_marks(&users).await?;
        // Of their own marks people see only how far they have read.
        marks.extend(memberships.into_iter().map(|(room, Mark(user, _, read))| (user, room, Mark(user, read, read))));
        self.tell_marks(&marks);
        self.end_dead_sessions(&present).await?;
        self.check_heads().await?;
        self.fill_holes(true).await
    }

    /// Makes a person's connections be where the database says, and tells them what differs. Where they moved meanwhile,
    /// the next repair looks again.
    async fn move_person(&self, user: UserId, rooms: &[RoomId], version: u64) -> Result<(), Error> {
        let Some(moved) = self.hub.replace_rooms(user, rooms, version).await else { return Ok(()) };
        for room in moved.left {
            self.hub.tell_here(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
        }
        let mut failed = None;
        for id in moved.joined {
            match self.room_of(user, id).await {
                Ok(Some(room)) => self.hub.show_here(user, room),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Tells people which marks moved since the last repair; they may not have heard it.
    fn tell_marks(&self, marks: &[(UserId, RoomId, Mark)]) {
        if !self.mechanisms.has(Mechanism::Repair) {
            return;
        }
        let key = |(told, room, mark): &(UserId, RoomId, Mark)| ((*told, *room, mark.0), (mark.1, mark.2));
        let known = marks.iter().map(key).collect();
        let before = std::mem::replace(&mut *self.known_marks.lock().unwrap_or_else(PoisonError::into_inner), known);
        for moved in marks {
            let (place, marks) = key(moved);
            if before.get(&place) != Some(&marks) {
                let frame = ServerFrame::Status { room_id: moved.1, marks: vec![moved.2] };
                self.hub.tell_here(moved.0, &Frame::encode(&frame));
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
