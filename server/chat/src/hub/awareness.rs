//! Awareness (typing and presence): sent only to connections that show the room or the person, never stored, and dropped
//! first under backpressure. A lost frame needs no repair. A block hides both, in both directions.

use super::blocks::{BlocksVersion, Typist};
use super::channels::Channel;
use super::presence::{OFFLINE_DELAY, People, last_seen};
use super::{Connection, Hub, StreamPosition};
use crate::outbound::Frame;
use protocol::{Presence, PresenceState, RoomId, ServerFrame, UnixMillis, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often changes of presence are sent, coalesced.
pub(crate) const PRESENCE_INTERVAL: Duration = Duration::from_millis(500);
/// In so many intervals a node repeats the presence of everybody connected to it and expires that of other nodes: a slice each
/// time, since everybody at once would block the thread's connections.
pub(crate) const PRESENCE_SLICES: u32 = 30;
/// People per presence message of the bus.
pub const PRESENCE_BATCH: usize = 500;

/// Which room each connection shows, and the presence of people.
#[derive(Default)]
pub(super) struct Awareness {
    people: People,
    /// Connections by the room that they show.
    viewers: BTreeMap<RoomId, Vec<Arc<Connection>>>,
    /// The inverse: the room by connection id.
    shown: BTreeMap<uuid::Uuid, RoomId>,
    /// How many intervals have passed.
    intervals: u32,
    /// How far this round of repeating local presence has got; none when it is complete.
    repeated: Option<Position>,
    /// How far this round of expiring remote presence has got.
    expired: Option<Position>,
}

/// The last person done; none at the start of a round.
type Position = Option<UserId>;

/// The people whose presence a connection is to show: they share a room with its person.
pub(crate) struct Watched {
    pub(crate) users: Vec<UserId>,
    /// Those of `users` who block the person.
    pub(crate) blockers: Vec<UserId>,
    /// The version of blocks before these were read.
    pub(crate) version: BlocksVersion,
}

impl Awareness {
    fn show(&mut self, connection: &Arc<Connection>, room: Option<RoomId>) {
        let old = match room {
            Some(room) => self.shown.insert(connection.id, room),
            None => self.shown.remove(&connection.id),
        };
        if old == room {
            return;
        }
        if let Some(old) = old
            && let Some(viewers) = self.viewers.get_mut(&old)
        {
            viewers.retain(|other| other.id != connection.id);
            if viewers.is_empty() {
                self.viewers.remove(&old);
            }
        }
        if let Some(room) = room {
            self.viewers.entry(room).or_default().push(Arc::clone(connection));
        }
    }
}

impl Hub {
    /// A connection was attached.
    pub(super) fn connect_awareness(&self, connection: &Connection) {
        self.awareness.lock().people.set_away(connection, false, Instant::now());
    }

    /// A connection was detached.
    pub(super) fn disconnect_awareness(&self, connection: &Arc<Connection>) {
        let mut awareness = self.awareness.lock();
        awareness.show(connection, None);
        awareness.people.leave(connection, Instant::now());
    }

    /// Sets what a connection shows. Returns those of `watched.users` who are offline and visible to its person.
    pub(crate) fn focus(
        &self,
        connection: &Arc<Connection>,
        room: Option<RoomId>,
        watched: Watched,
        away: bool,
    ) -> Vec<UserId> {
        let Watched { users, blockers, version } = watched;
        let mut awareness = self.awareness.lock();
        awareness.show(connection, room);
        let people = &mut awareness.people;
        people.set_away(connection, away, Instant::now());
        people.set_blockers(connection.user, &users, &blockers);
        people.blocks.record_read(version);
        people.watch(connection, Some((Arc::clone(connection), users.clone())));
        let is_offline = |user: &UserId| people.state(*user) == PresenceState::Offline;
        let is_visible = |user: &UserId| !people.blocks.between(connection.user, *user);
        users.into_iter().filter(|user| is_offline(user) && is_visible(user)).collect()
    }

    /// Blocks that are read now are of this version.
    pub(crate) fn blocks_version(&self) -> BlocksVersion {
        self.awareness.lock().people.blocks.version()
    }

    /// Blocks have changed: those that are read from now on are of this version.
    pub(crate) fn begin_blocks_version(&self) -> BlocksVersion {
        self.awareness.lock().people.blocks.begin_version()
    }

    /// Whether blocks may have been read from before a change. Returns true once.
    pub(crate) fn take_stale_blocks(&self) -> bool {
        self.awareness.lock().people.blocks.take_stale()
    }

    /// Whether this person is connected here and their blocks have not been read.
    pub(crate) fn needs_blocks(&self, user: UserId) -> bool {
        self.awareness.lock().people.needs_blocks(user)
    }

    /// People whose blocks are in use here: those after `after`, `limit` at most.
    pub(crate) fn people_with_blocks(&self, after: Option<UserId>, limit: usize) -> Vec<UserId> {
        self.awareness.lock().people.blocks.known_after(after, limit)
    }

    /// Applies a read of all blocks by these people, and sends what that hides or shows.
    pub(crate) fn set_blocks(&self, users: &[UserId], blocks: &[(UserId, UserId)], version: BlocksVersion) {
        let mut lists: BTreeMap<UserId, BTreeSet<UserId>> = users.iter().map(|user| (*user, BTreeSet::new())).collect();
        for (user, blocked) in blocks {
            lists.entry(*user).or_default().insert(*blocked);
        }
        let people = &mut self.awareness.lock().people;
        for (user, list) in lists {
            people.set_blocks(user, list);
        }
        people.blocks.record_read(version);
    }

    /// Applies a block that was made or removed here, and sends what that hides or shows.
    pub(crate) fn set_block(&self, user: UserId, blocked: UserId, is_blocked: bool) {
        let people = &mut self.awareness.lock().people;
        people.blocks.begin_version();
        people.set_block(user, blocked, is_blocked);
    }

    /// Sends a connection the present state of `users`, which it began to show.
    pub(crate) fn send_presence(&self, connection: &Connection, users: &[UserId], seen: &BTreeMap<UserId, UnixMillis>) {
        let mut awareness = self.awareness.lock();
        let users = awareness.people.first(connection.user, users, seen);
        connection.send(&ServerFrame::Presence { users });
    }

    /// Sends a typing frame of a person to the connections that show a room, on all nodes.
    pub(crate) fn publish_typing(&self, room: RoomId, user: UserId, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        let typist = Typist { user, blocked: self.awareness.lock().people.blocks.of(user) };
        self.publisher.publish_typing(room, &typist, &frame);
        self.deliver_typing(room, Some(&typist), &frame);
    }

    /// `typist` is unknown where a node of an earlier version published the frame.
    pub(super) fn deliver_typing(&self, room: RoomId, typist: Option<&Typist>, frame: &Frame) {
        let mut awareness = self.awareness.lock();
        let Awareness { viewers, people, .. } = &mut *awareness;
        let Some(viewers) = viewers.get(&room) else { return };
        let is_hidden = |viewer: UserId| {
            typist.is_some_and(|typist| typist.blocked.contains(&viewer) || people.blocks.has(viewer, typist.user))
        };
        let viewers: Vec<_> = viewers.iter().filter(|viewer| !is_hidden(viewer.user)).cloned().collect();
        drop(awareness);
        let registry = self.delivery.lock();
        // A connection may still show a room that its person has left.
        let members = viewers.iter().filter(|viewer| registry.is_in(viewer.user, room));
        let dropped = members.filter(|viewer| !viewer.try_send_awareness(frame)).count();
        self.metrics.dropped.inc_by(dropped as u64);
    }

    /// Called every [`PRESENCE_INTERVAL`]: sends and publishes changes of presence. Returns the people who went offline on this node,
    /// and since when.
    pub(crate) fn publish_presence(&self, wall: UnixMillis) -> (Vec<UserId>, UnixMillis) {
        let now = Instant::now();
        let mut guard = self.awareness.lock();
        let awareness = &mut *guard;
        awareness.intervals += 1;
        if awareness.intervals % PRESENCE_SLICES == 1 {
            (awareness.repeated, awareness.expired) = (Some(None), Some(None));
        }
        if let Some(after) = awareness.expired {
            awareness.expired = awareness.people.expire(after, PRESENCE_SLICES, now).map(Some);
        }
        let moment = awareness.people.pass(now);
        let mut again = Vec::new();
        if let Some(after) = awareness.repeated {
            again = awareness.people.some_here(after, PRESENCE_SLICES);
            awareness.repeated = again.last().map(|Presence(user, ..)| Some(*user));
        }
        drop(guard);
        for people in moment.news.chunks(PRESENCE_BATCH).chain(again.chunks(PRESENCE_BATCH)) {
            if let Ok(body) = serde_json::to_string(people) {
                self.publisher.publish(Channel::Presence, StreamPosition::Ephemeral, &body);
            }
        }
        (moment.gone, last_seen(wall))
    }

    /// Applies the presence that another node published.
    pub(super) fn receive_presence(&self, node: uuid::Uuid, body: &str) {
        match serde_json::from_str::<Vec<Presence>>(body) {
            Ok(people) => self.awareness.lock().people.apply(node, &people, Instant::now()),
            Err(error) => tracing::warn!(%error, "a presence message of another version cannot be read"),
        }
    }
}

// The presence that a dead node published must expire within 45 seconds.
const _: () = assert!(super::presence::REMOTE_PRESENCE_TIMEOUT.as_secs() + 5 <= 45 && OFFLINE_DELAY.as_secs() == 30);
