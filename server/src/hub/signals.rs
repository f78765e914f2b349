//! Typing and presence: told to those who look, never stored, missed by nobody, and the first to be left out under pressure.

use super::channels::Channel;
use super::presence::{OFFLINE_DELAY, People, last_seen};
use super::{Connection, Hub, StreamPosition};
use crate::line::Frame;
use protocol::{Presence, PresenceState, RoomId, ServerFrame, UnixMillis, UserId};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often changes of presence are told, all that gathered at once.
pub(crate) const PRESENCE_INTERVAL: Duration = Duration::from_millis(500);
/// In so many of these a node says again who is connected to it, and looks what others said has ended: a part each time, since everybody
/// at once would hold up the connections of the thread.
pub(crate) const PRESENCE_SLICES: u32 = 30;
/// People in one message between nodes.
pub(crate) const PRESENCE_BATCH: usize = 500;

/// What connections show, and how people are.
#[derive(Default)]
pub(super) struct Signals {
    people: People,
    /// Who shows a room.
    lookers: BTreeMap<RoomId, Vec<Arc<Connection>>>,
    /// The other way round, by the connection's id.
    looks: BTreeMap<uuid::Uuid, RoomId>,
    /// How often changes were told.
    told: u32,
    /// Up to whom it was said again in this round who is connected here; none where all were.
    said: Option<Position>,
    /// Up to whom it was looked in this round what others said.
    expired: Option<Position>,
}

/// Everybody after this person is still to come; none where nobody has come yet.
type Position = Option<UserId>;

impl Signals {
    fn look(&mut self, connection: &Arc<Connection>, room: Option<RoomId>) {
        let old = match room {
            Some(room) => self.looks.insert(connection.id, room),
            None => self.looks.remove(&connection.id),
        };
        if old == room {
            return;
        }
        if let Some(old) = old
            && let Some(lookers) = self.lookers.get_mut(&old)
        {
            lookers.retain(|other| other.id != connection.id);
            if lookers.is_empty() {
                self.lookers.remove(&old);
            }
        }
        if let Some(room) = room {
            self.lookers.entry(room).or_default().push(Arc::clone(connection));
        }
    }
}

impl Hub {
    /// A connection has come.
    pub(super) fn arrive(&self, connection: &Connection) {
        self.signals().people.turn(connection, false, Instant::now());
    }

    /// A connection has ended.
    pub(super) fn depart(&self, connection: &Arc<Connection>) {
        let mut signals = self.signals();
        signals.look(connection, None);
        signals.people.leave(connection, Instant::now());
    }

    /// What a connection shows from now on. Answers with those of the people who are not there now.
    pub(crate) fn focus(
        &self,
        connection: &Arc<Connection>,
        room: Option<RoomId>,
        users: Vec<UserId>,
        away: bool,
    ) -> Vec<UserId> {
        let mut signals = self.signals();
        signals.look(connection, room);
        signals.people.turn(connection, away, Instant::now());
        let offline = |user: &UserId| signals.people.state(*user) == PresenceState::Offline;
        let offline = users.iter().copied().filter(offline).collect();
        signals.people.watch(connection, Some((Arc::clone(connection), users)));
        offline
    }

    /// How people are whom a connection shows since a moment ago, as of now.
    pub(crate) fn tell_presence(&self, connection: &Connection, users: &[UserId], seen: &BTreeMap<UserId, UnixMillis>) {
        let mut signals = self.signals();
        let users = signals.people.first(users, seen);
        connection.send(&ServerFrame::Presence { users });
    }

    /// Sends a signal to everybody who looks at a room, on all nodes.
    pub(crate) fn signal(&self, room: RoomId, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        self.publish_to(room, StreamPosition::Ephemeral, &frame);
        self.signal_here(room, &frame);
    }

    pub(super) fn signal_here(&self, room: RoomId, frame: &Frame) {
        let lookers = self.signals().lookers.get(&room).cloned().unwrap_or_default();
        let registry = self.lock();
        // Who has left the room may still show it.
        let members = lookers.iter().filter(|looker| registry.is_in(looker.user, room));
        let dropped = members.filter(|looker| !looker.signal(frame)).count();
        self.metrics.dropped.inc_by(dropped as u64);
    }

    /// Time has passed, see [`PRESENCE_INTERVAL`]: tells who came and went. Answers with those who went from here, and when.
    pub(crate) fn tell_people(&self, wall: UnixMillis) -> (Vec<UserId>, UnixMillis) {
        let now = Instant::now();
        let mut guard = self.signals();
        let signals = &mut *guard;
        signals.told += 1;
        if signals.told % PRESENCE_SLICES == 1 {
            (signals.said, signals.expired) = (Some(None), Some(None));
        }
        if let Some(after) = signals.expired {
            signals.expired = signals.people.expire(after, PRESENCE_SLICES, now).map(Some);
        }
        let moment = signals.people.pass(now);
        let mut again = Vec::new();
        if let Some(after) = signals.said {
            again = signals.people.some_here(after, PRESENCE_SLICES);
            signals.said = again.last().map(|Presence(user, ..)| Some(*user));
        }
        drop(guard);
        for people in moment.news.chunks(PRESENCE_BATCH).chain(again.chunks(PRESENCE_BATCH)) {
            if let Ok(body) = serde_json::to_string(people) {
                self.publish(Channel::Presence, StreamPosition::Ephemeral, &body);
            }
        }
        (moment.gone, last_seen(wall))
    }

    /// Another node says how people are there.
    pub(super) fn hear_people(&self, node: uuid::Uuid, body: &str) {
        match serde_json::from_str::<Vec<Presence>>(body) {
            Ok(people) => self.signals().people.hear(node, &people, Instant::now()),
            Err(error) => tracing::warn!(%error, "a node of another version says how people are"),
        }
    }

    fn signals(&self) -> MutexGuard<'_, Signals> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// A node that dies is not heard any more, and what it said must have ended before 45 seconds are over.
const _: () = assert!(super::presence::REMOTE_PRESENCE_TIMEOUT.as_secs() + 5 <= 45 && OFFLINE_DELAY.as_secs() == 30);
