//! Who is there, and who wants to know: plain maps, without locks or waiting.
//!
//! A node says every few seconds who is connected to it, and at once who comes and goes. What another node says holds for
//! a while and then ends by itself: a message that is lost, a node that dies and one that starts late need nothing more.
//! Nobody is told of people whom they do not show.

use super::Connection;
use crate::line::Frame;
use protocol::{Presence, PresenceState, UnixMillis, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long somebody must have been away or gone before others are told: connections break and come back all the time.
pub(super) const OFFLINE_DELAY: Duration = Duration::from_secs(30);
/// How long it holds what a node said. It says so again well before.
pub(crate) const REMOTE_PRESENCE_TIMEOUT: Duration = Duration::from_secs(40);

/// Somebody who is connected to this node, or was a moment ago.
#[derive(Debug)]
struct Here {
    /// By the connection's id: whether nobody looks at it.
    connections: BTreeMap<Uuid, bool>,
    /// As others are told.
    shown: PresenceState,
    /// Since when it has been less than that.
    less_since: Option<Instant>,
}

impl Here {
    fn actual(&self) -> PresenceState {
        match self.connections.values().min() {
            None => PresenceState::Offline,
            Some(true) => PresenceState::Away,
            Some(false) => PresenceState::Online,
        }
    }
}

/// What one connection shows.
struct Watch {
    connection: Arc<Connection>,
    users: Vec<UserId>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct People {
    here: BTreeMap<UserId, Here>,
    /// What other nodes say, each until when.
    elsewhere: BTreeMap<UserId, BTreeMap<Uuid, (PresenceState, Instant)>>,
    watches: BTreeMap<Uuid, Watch>,
    /// Who shows somebody.
    watchers: BTreeMap<UserId, BTreeSet<Uuid>>,
    /// People who may differ from what was told.
    changed: BTreeSet<UserId>,
    /// People of this node who differ from what other nodes were told.
    news: BTreeSet<UserId>,
    /// What watchers were told last.
    told: BTreeMap<UserId, PresenceState>,
    /// When others are to be told of those who are less than they were, [`OFFLINE_DELAY`] after that began.
    due: BTreeSet<(Instant, UserId)>,
}

/// What follows from a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// For other nodes.
    pub(super) news: Vec<Presence>,
    /// Who is not connected here any more; they were last seen [`OFFLINE_DELAY`] ago.
    pub(super) gone: Vec<UserId>,
}

impl People {
    /// A connection has come, or is looked at, or is not.
    pub(super) fn turn(&mut self, connection: &Connection, away: bool, now: Instant) {
        let new = || Here { connections: BTreeMap::new(), shown: PresenceState::Offline, less_since: None };
        let here = self.here.entry(connection.user).or_insert_with(new);
        here.connections.insert(connection.id, away);
        self.compare(connection.user, now);
    }

    /// A connection has ended.
    pub(super) fn leave(&mut self, connection: &Connection, now: Instant) {
        self.watch(connection, None);
        if let Some(here) = self.here.get_mut(&connection.user) {
            here.connections.remove(&connection.id);
            self.compare(connection.user, now);
        }
    }

    /// More is told at once, less only after it has held for a while.
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

    /// What this connection shows from now on, instead of what it showed before.
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
        for user in old.iter().flat_map(|watch| &watch.users).filter(|user| !now.contains(user)) {
            if let Some(watchers) = self.watchers.get_mut(user) {
                watchers.remove(&connection.id);
                if watchers.is_empty() {
                    self.watchers.remove(user);
                    self.told.remove(user);
                }
            }
        }
    }

    /// How somebody is, on all nodes.
    pub(super) fn state(&self, user: UserId) -> PresenceState {
        let here = self.here.get(&user).map(|here| here.shown);
        let elsewhere = self.elsewhere.get(&user).into_iter().flatten().map(|(_, (state, _))| *state);
        elsewhere.chain(here).max().unwrap_or(PresenceState::Offline)
    }

    /// Another node says how people are there.
    pub(super) fn hear(&mut self, node: Uuid, people: &[Presence], now: Instant) {
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

    /// What no node says any more of a part of the people: `1 / parts` of them, after `after`. Returns up to whom; none at the end.
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

    /// Time has passed: who has been away or gone for long enough is so for others too, and watchers are told.
    pub(super) fn pass(&mut self, now: Instant) -> Moment {
        let mut moment = Moment::default();
        // Only those whose time has come are looked at, however many are connected.
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
        self.tell();
        moment
    }

    /// A part of the people who are connected here, for other nodes: `1 / parts` of them, after `after`.
    pub(super) fn some_here(&self, after: Option<UserId>, parts: u32) -> Vec<Presence> {
        let shown = |user| self.here.get(&user).map(|here| Presence(user, here.shown, UnixMillis(0)));
        part(&self.here, after, parts).into_iter().filter_map(shown).collect()
    }

    /// Tells watchers what has changed. When somebody was last seen is left to the answer to `focus`: that asks the database
    /// whether both people show it.
    fn tell(&mut self) {
        let mut frames: BTreeMap<Uuid, Vec<Presence>> = BTreeMap::new();
        for user in std::mem::take(&mut self.changed) {
            let Some(watchers) = self.watchers.get(&user) else { continue };
            let state = self.state(user);
            if self.told.insert(user, state) != Some(state) {
                for watcher in watchers {
                    frames.entry(*watcher).or_default().push(Presence(user, state, UnixMillis(0)));
                }
            }
        }
        for (watcher, users) in frames {
            if let Some(watch) = self.watches.get(&watcher)
                && !watch.connection.signal(&Frame::encode(&protocol::ServerFrame::Presence { users: users.clone() }))
            {
                // Told again when there is room in the queue.
                for Presence(user, ..) in users {
                    self.told.remove(&user);
                    self.changed.insert(user);
                }
            }
        }
    }

    /// What a connection that has begun to watch is told first. `seen` has those who are known to have been there.
    pub(super) fn first(&mut self, users: &[UserId], seen: &BTreeMap<UserId, UnixMillis>) -> Vec<Presence> {
        let mut first = Vec::with_capacity(users.len());
        for user in users {
            let state = self.state(*user);
            self.told.entry(*user).or_insert(state);
            first.push(Presence(*user, state, seen.get(user).copied().unwrap_or(UnixMillis(0))));
        }
        first
    }
}

/// One of so many parts of the keys: those after this one.
fn part<T>(people: &BTreeMap<UserId, T>, after: Option<UserId>, parts: u32) -> Vec<UserId> {
    let after = people.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
    after.take(people.len().div_ceil(parts as usize)).map(|(user, _)| *user).collect()
}

/// Who is told to be gone now was there until the hysteresis began.
pub(super) fn last_seen(wall: UnixMillis) -> UnixMillis {
    UnixMillis(wall.0 - i64::try_from(OFFLINE_DELAY.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
