//! Presence: the state of each person, and the connections that watch it. Plain maps, without locks or awaits.
//!
//! Each node publishes the presence of its people every few seconds, and each change at once. Presence that another node
//! published expires unless it is repeated, so lost messages, dead nodes and late starters need no other handling. A
//! connection receives the presence of the people that it shows, and of no others. Where one of two people blocks the other, each
//! is shown the other one as offline.

mod hiding;

use super::Connection;
use super::blocks::Blocks;
use crate::outbound::Frame;
use protocol::{Presence, PresenceState, UnixMillis, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long somebody must be away or disconnected before others are told: short disconnects are common (hysteresis).
pub(super) const OFFLINE_DELAY: Duration = Duration::from_secs(30);
/// When presence of another node expires. That node repeats it well before.
pub const REMOTE_PRESENCE_TIMEOUT: Duration = Duration::from_secs(40);

/// A person with a connection to this node, now or within the last [`OFFLINE_DELAY`].
#[derive(Debug)]
struct Here {
    /// By connection id: whether it is away.
    connections: BTreeMap<Uuid, bool>,
    /// The state that others are shown.
    shown: PresenceState,
    /// Since when the actual state has been lower than `shown`.
    less_since: Option<Instant>,
    /// Whether the people that they block were read.
    has_blocks: bool,
}

impl Here {
    fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    fn actual(&self) -> PresenceState {
        match self.connections.values().min() {
            None => PresenceState::Offline,
            Some(true) => PresenceState::Away,
            Some(false) => PresenceState::Online,
        }
    }
}

/// The watch list of one connection.
struct Watch {
    connection: Arc<Connection>,
    users: Vec<UserId>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct People {
    here: BTreeMap<UserId, Here>,
    /// The state on each other node, and when it expires.
    elsewhere: BTreeMap<UserId, BTreeMap<Uuid, (PresenceState, Instant)>>,
    watches: BTreeMap<Uuid, Watch>,
    /// For each watched person the ids of the watching connections.
    watchers: BTreeMap<UserId, BTreeSet<Uuid>>,
    /// People whose state may differ from what watchers were sent.
    changed: BTreeSet<UserId>,
    /// People of this node whose state differs from what was published.
    news: BTreeSet<UserId>,
    /// The state that watchers were sent last.
    sent: BTreeMap<UserId, PresenceState>,
    /// When a lowered state becomes visible: [`OFFLINE_DELAY`] after it began.
    due: BTreeSet<(Instant, UserId)>,
    /// Blocks by people who are connected here or watched.
    pub(super) blocks: Blocks,
}

/// The results of one interval.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// To be published to other nodes.
    pub(super) news: Vec<Presence>,
    /// People who went offline on this node; they were last seen [`OFFLINE_DELAY`] ago.
    pub(super) gone: Vec<UserId>,
}

impl People {
    /// A connection was opened, or became away or active.
    pub(super) fn set_away(&mut self, connection: &Connection, away: bool, now: Instant) {
        let new = || Here {
            connections: BTreeMap::new(),
            shown: PresenceState::Offline,
            less_since: None,
            has_blocks: false,
        };
        let here = self.here.entry(connection.user).or_insert_with(new);
        here.connections.insert(connection.id, away);
        self.compare(connection.user, now);
    }

    /// A connection has ended.
    pub(super) fn leave(&mut self, connection: &Connection, now: Instant) {
        self.watch(connection, None);
        if let Some(here) = self.here.get_mut(&connection.user) {
            here.connections.remove(&connection.id);
            here.has_blocks &= here.is_connected();
            self.compare(connection.user, now);
        }
        self.forget_blocks(connection.user);
    }

    /// A higher state is shown at once, a lower one only after [`OFFLINE_DELAY`].
    fn compare(&mut self, user: UserId, now: Instant) {
        let Some(here) = self.here.get_mut(&user) else { return };
        let actual = here.actual();
        if actual < here.shown {
            if here.less_since.is_none() {
                here.less_since = Some(now);
                self.due.insert((now + OFFLINE_DELAY, user));
            }
            return;
        }
        if let Some(since) = here.less_since.take() {
            self.due.remove(&(since + OFFLINE_DELAY, user));
        }
        if here.shown != actual {
            here.shown = actual;
            self.news.insert(user);
            self.changed.insert(user);
        }
    }

    /// Replaces the watch list of a connection.
    pub(super) fn watch(&mut self, connection: &Connection, watch: Option<(Arc<Connection>, Vec<UserId>)>) {
        let old = match watch {
            Some((shared, users)) => {
                for user in &users {
                    self.watchers.entry(*user).or_default().insert(connection.id);
                }
                self.watches.insert(connection.id, Watch { connection: shared, users })
            }
            None => self.watches.remove(&connection.id),
        };
        let now = self.watches.get(&connection.id).map_or(&[][..], |watch| &watch.users);
        let mut left = old.map(|watch| watch.users).unwrap_or_default();
        left.retain(|user| !now.contains(user));
        for user in left {
            let Some(watchers) = self.watchers.get_mut(&user) else { continue };
            watchers.remove(&connection.id);
            if watchers.is_empty() {
                self.watchers.remove(&user);
                self.sent.remove(&user);
                self.forget_blocks(user);
            }
        }
    }

    /// The highest state of a person on any node.
    pub(super) fn state(&self, user: UserId) -> PresenceState {
        let here = self.here.get(&user).map(|here| here.shown);
        let elsewhere = self.elsewhere.get(&user).into_iter().flatten().map(|(_, (state, _))| *state);
        elsewhere.chain(here).max().unwrap_or(PresenceState::Offline)
    }

    /// Applies the presence that another node published.
    pub(super) fn apply(&mut self, node: Uuid, people: &[Presence], now: Instant) {
        for Presence(user, state, _) in people {
            self.changed.insert(*user);
            if *state == PresenceState::Offline {
                self.forget(*user, |other, _| other == node);
            } else {
                self.elsewhere.entry(*user).or_default().insert(node, (*state, now + REMOTE_PRESENCE_TIMEOUT));
            }
        }
    }

    fn forget(&mut self, user: UserId, which: impl Fn(Uuid, Instant) -> bool) {
        let Some(nodes) = self.elsewhere.get_mut(&user) else { return };
        nodes.retain(|node, (_, until)| !which(*node, *until));
        if nodes.is_empty() {
            self.elsewhere.remove(&user);
        }
    }

    /// Expires remote presence of a slice of the people: `1 / parts` of them, after `after`. Returns the last one; none at the end.
    pub(super) fn expire(&mut self, after: Option<UserId>, parts: u32, now: Instant) -> Option<UserId> {
        let users = part(&self.elsewhere, after, parts);
        let last = users.last().copied();
        let over = |nodes: &BTreeMap<_, (_, Instant)>| nodes.values().any(|(_, until)| *until <= now);
        for user in users {
            if self.elsewhere.get(&user).is_some_and(over) {
                self.forget(user, |_, until| until <= now);
                self.changed.insert(user);
            }
        }
        last
    }

    /// Makes lowered states visible that are due, and sends watchers what changed.
    pub(super) fn pass(&mut self, now: Instant) -> Moment {
        let mut moment = Moment::default();
        // The cost depends on the people who are due, not on those who are connected.
        while let Some((at, user)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            let Some(here) = self.here.get_mut(&user) else { continue };
            here.less_since = None;
            here.shown = here.actual();
            self.news.insert(user);
            self.changed.insert(user);
            if here.shown == PresenceState::Offline {
                moment.gone.push(user);
            }
        }
        for user in std::mem::take(&mut self.news) {
            let state = self.here.get(&user).map_or(PresenceState::Offline, |here| here.shown);
            moment.news.push(Presence(user, state, UnixMillis(0)));
        }
        for user in &moment.gone {
            self.here.remove(user);
        }
        self.notify();
        moment
    }

    /// A slice of the people connected here, for other nodes: `1 / parts` of them, after `after`.
    pub(super) fn some_here(&self, after: Option<UserId>, parts: u32) -> Vec<Presence> {
        let shown = |user| self.here.get(&user).map(|here| Presence(user, here.shown, UnixMillis(0)));
        part(&self.here, after, parts).into_iter().filter_map(shown).collect()
    }

    /// Sends watchers what changed. The last-seen time is only in the answer to `focus`, which asks the database whether both
    /// people show it.
    fn notify(&mut self) {
        let mut frames: BTreeMap<Uuid, Vec<Presence>> = BTreeMap::new();
        for user in std::mem::take(&mut self.changed) {
            let Some(watchers) = self.watchers.get(&user) else { continue };
            let state = self.state(user);
            if self.sent.insert(user, state) != Some(state) {
                let is_visible = |watch: &&Watch| !self.blocks.between(watch.connection.user, user);
                for watch in watchers.iter().filter_map(|id| self.watches.get(id)).filter(is_visible) {
                    frames.entry(watch.connection.id).or_default().push(Presence(user, state, UnixMillis(0)));
                }
            }
        }
        for (watcher, users) in frames {
            if let Some(watch) = self.watches.get(&watcher)
                && !watch
                    .connection
                    .try_send_awareness(&Frame::encode(&protocol::ServerFrame::Presence { users: users.clone() }))
            {
                // Dropped: sent again when the queue has room.
                for Presence(user, ..) in users {
                    self.sent.remove(&user);
                    self.changed.insert(user);
                }
            }
        }
    }

    /// The first state for a connection of `viewer` that starts to watch `users`. `seen` has the last-seen times that are known.
    pub(super) fn first(
        &mut self,
        viewer: UserId,
        users: &[UserId],
        seen: &BTreeMap<UserId, UnixMillis>,
    ) -> Vec<Presence> {
        let mut first = Vec::with_capacity(users.len());
        for user in users {
            let state = self.state(*user);
            self.sent.entry(*user).or_insert(state);
            // Decided now: a block may have been made while the times were read.
            let seen = seen.get(user).filter(|_| !self.blocks.between(viewer, *user));
            first.push(Presence(*user, self.state_for(viewer, *user), seen.copied().unwrap_or(UnixMillis(0))));
        }
        first
    }
}

/// The next of `parts` slices of the keys, after `after`.
fn part<T>(people: &BTreeMap<UserId, T>, after: Option<UserId>, parts: u32) -> Vec<UserId> {
    let after = people.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
    after.take(people.len().div_ceil(parts as usize)).map(|(user, _)| *user).collect()
}

/// A person who is shown as offline now was online until [`OFFLINE_DELAY`] ago.
pub(super) fn last_seen(wall: UnixMillis) -> UnixMillis {
    UnixMillis(wall.0 - i64::try_from(OFFLINE_DELAY.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
