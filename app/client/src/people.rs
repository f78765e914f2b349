//! Names of people: one versioned map for all names on the screen. Rows and rooms carry names as hints, which are shown until the map
//! has an entry; then the entry counts.
//!
//! The database counts changes of names (`people_rev`). A device that was away requests what changed since the value that it knows;
//! while it is connected it receives every change, in order.

use crate::saved::StorageWrite;
use protocol::limits::PEOPLE_IDS;
use protocol::{ClientFrame, Message, Person, RoomSummary, SystemEvent, UserId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// People in the map. Those that no row names go first; beyond that a name is asked for again when it is shown.
pub const PEOPLE_MAX: usize = 5_000;
/// How long an answer may take before the question is repeated, in milliseconds.
const PEOPLE_TIMEOUT_MS: u64 = 15_000;

/// A question that the server has not answered.
#[derive(Debug)]
struct Asked {
    ids: Vec<UserId>,
    /// Monotonic milliseconds.
    until: u64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct People {
    known: BTreeMap<UserId, Person>,
    /// Names of those in `known` are as of this value of the counter.
    rev: i64,
    /// What the server said last of the counter; none before it has on this connection, or where it knows no such frame.
    head: Option<i64>,
    /// People that the screen shows and whose names are unknown: to be asked for.
    wanted: BTreeSet<UserId>,
    /// People that the server did not answer for. They are not asked for again on this connection.
    absent: BTreeSet<UserId>,
    /// Those in `known` who are still to be asked for, before `rev` is at `catching_up`.
    behind: VecDeque<UserId>,
    /// The lowest value that the answers so far are of, while `rev` is behind the server's.
    catching_up: Option<i64>,
    asked: Option<Asked>,
    /// People who differ from the storage; emptied by each [`People::save`].
    changed: BTreeSet<UserId>,
    /// Whether `rev` differs from the storage.
    moved: bool,
    /// How many may be known before the map is trimmed again.
    trim_above: usize,
}

impl People {
    /// Merges what the storage has.
    pub(crate) fn restore(&mut self, people: Vec<Person>, rev: i64) {
        self.changed = self.known.keys().copied().collect();
        let is_empty = self.known.is_empty();
        for person in people {
            let (id, kept) = (person.id, person.rev);
            self.wanted.remove(&id);
            if self.known.entry(id).or_insert(person).rev == kept {
                self.changed.remove(&id);
            }
        }
        let before = self.rev;
        self.rev = if is_empty && self.head.is_none() { rev } else { before.min(rev) };
        self.moved = self.rev != rev;
        if let Some(head) = self.head {
            // The stored names may be older than the changes of this connection: requested from their `rev` on.
            self.catching_up = None;
            self.behind_of(head);
        }
    }

    pub(crate) fn name(&self, user: UserId) -> Option<&str> {
        self.known.get(&user).map(|person| person.display_name.as_str())
    }

    /// Somebody is shown.
    pub(crate) fn meet(&mut self, user: UserId) {
        if !self.known.contains_key(&user) {
            self.wanted.insert(user);
        }
    }

    pub(crate) fn meet_in_row(&mut self, row: &Message) {
        self.meet(row.sender_id);
        if let Some(user) = row.event.as_ref().and_then(named) {
            self.meet(user);
        }
    }

    pub(crate) fn meet_in_room(&mut self, room: &RoomSummary) {
        if let Some(other) = &room.other {
            self.meet(other.id);
        }
        if let Some(last) = &room.last_message {
            self.meet_in_row(last);
        }
    }

    /// A `welcome` says how far the counter is.
    pub(crate) fn greet(&mut self, head: Option<i64>) {
        self.disconnect();
        self.head = head;
        if let Some(head) = head {
            self.behind_of(head);
        }
    }

    fn behind_of(&mut self, head: i64) {
        if self.rev < head && self.catching_up.is_none() {
            self.behind = self.known.keys().copied().collect();
            self.catching_up = Some(head);
            self.finish();
        }
    }

    pub(crate) fn disconnect(&mut self) {
        (self.head, self.asked, self.catching_up) = (None, None, None);
        self.behind.clear();
        self.absent.clear();
    }

    /// Everything is of another epoch.
    pub(crate) fn clear(&mut self) {
        let (known, head) = (std::mem::take(&mut self.known), self.head);
        self.changed.extend(known.keys());
        self.wanted.extend(known.into_keys());
        (self.rev, self.moved) = (0, true);
        self.greet(head);
    }

    /// The question to ask now, if there is one and the one before was answered.
    pub(crate) fn ask(&mut self, now: u64) -> Option<ClientFrame> {
        self.head?;
        if self.asked.as_ref().is_some_and(|asked| asked.until > now) {
            return None;
        }
        if let Some(late) = self.asked.take() {
            let (known, unknown): (Vec<_>, Vec<_>) = late.ids.into_iter().partition(|id| self.known.contains_key(id));
            self.behind.extend(known);
            self.wanted.extend(unknown);
        }
        let (since, ids): (i64, Vec<UserId>) = if self.behind.is_empty() {
            let fresh = self.wanted.iter().filter(|id| !self.absent.contains(id)).take(PEOPLE_IDS).copied();
            (-1, fresh.collect())
        } else {
            (self.rev, self.behind.drain(..self.behind.len().min(PEOPLE_IDS)).collect())
        };
        if ids.is_empty() {
            return None;
        }
        self.asked = Some(Asked { ids: ids.clone(), until: now + PEOPLE_TIMEOUT_MS });
        Some(ClientFrame::PeopleGet { since, ids })
    }

    /// When [`People::ask`] may have something to repeat.
    pub(crate) fn due(&self) -> Option<u64> {
        self.asked.as_ref().map(|asked| asked.until)
    }

    /// The answer to what was asked. Returns those whose names differ, with the names before.
    pub(crate) fn answered(&mut self, people: Vec<Person>, rev: i64) -> Vec<(UserId, Option<String>)> {
        let Some(asked) = self.asked.take() else { return Vec::new() };
        let differ = people.into_iter().filter_map(|person| self.learn(person)).collect();
        for id in asked.ids {
            self.wanted.remove(&id);
            if !self.known.contains_key(&id) {
                self.absent.insert(id);
            }
        }
        if let Some(lowest) = &mut self.catching_up {
            *lowest = (*lowest).min(rev);
        }
        self.finish();
        differ
    }

    fn finish(&mut self) {
        if self.behind.is_empty()
            && self.asked.is_none()
            && let Some(rev) = self.catching_up.take()
        {
            self.rev = self.rev.max(rev);
            self.moved = true;
        }
    }

    /// Applies a changed name. Returns the person with the previous name, if it differs.
    pub(crate) fn changed(&mut self, person: Person) -> Option<(UserId, Option<String>)> {
        let rev = person.rev;
        // Those who are nowhere on this device are asked for when they are.
        let is_known = self.known.contains_key(&person.id) || self.wanted.contains(&person.id);
        let differs = if is_known { self.learn(person) } else { None };
        // What is restored later may be older than this change.
        self.head = self.head.map(|head| head.max(rev));
        // With a question open the values between are not known to be here. Neither are they before `welcome`, which comes after the
        // changes since the connection was registered, and not since the one before.
        if self.head.is_some() && self.catching_up.is_none() && self.rev < rev {
            (self.rev, self.moved) = (rev, true);
        }
        differs
    }

    fn learn(&mut self, person: Person) -> Option<(UserId, Option<String>)> {
        let id = person.id;
        let before = self.known.get(&id);
        if before.is_some_and(|before| before.rev >= person.rev) {
            return None;
        }
        let name = before.map(|before| before.display_name.clone());
        self.wanted.remove(&id);
        self.changed.insert(id);
        self.known.insert(id, person);
        Some((id, name))
    }

    /// Keeps the map within its bound: only those whose names are shown stay.
    pub(crate) fn trim(&mut self, shown: &BTreeSet<UserId>) {
        let gone: Vec<_> = self.known.keys().copied().filter(|id| !shown.contains(id)).collect();
        for id in gone {
            self.known.remove(&id);
            self.changed.insert(id);
        }
    }

    /// Adds the writes of what differs from the storage.
    pub(crate) fn save(&mut self, writes: &mut Vec<StorageWrite>) {
        for id in std::mem::take(&mut self.changed) {
            writes.push(self.known.get(&id).cloned().map_or(StorageWrite::PersonGone(id), StorageWrite::Person));
        }
        if std::mem::take(&mut self.moved) {
            writes.push(StorageWrite::PeopleRev(self.rev));
        }
    }

    /// Whether the map is to be trimmed: not again before it has grown by a tenth, where all of it is shown.
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.known.len() > self.trim_above.max(PEOPLE_MAX);
        if full {
            self.trim_above = self.known.len() + PEOPLE_MAX / 10;
        }
        full
    }

    /// Puts present names into a row.
    pub(crate) fn name_row(&self, row: &mut Message) {
        if let Some(name) = self.name(row.sender_id) {
            name.clone_into(&mut row.sender_name);
        }
        if let Some(event) = &mut row.event
            && let Some(name) = named(event).and_then(|user| self.name(user))
        {
            match event {
                SystemEvent::Added { display_name, .. }
                | SystemEvent::Removed { display_name, .. }
                | SystemEvent::Banned { display_name, .. }
                | SystemEvent::RoleChanged { display_name, .. } => name.clone_into(display_name),
                _ => {}
            }
        }
    }

    /// Puts present names into a room's summary.
    pub(crate) fn name_room(&self, room: &mut RoomSummary) {
        if let Some(other) = &mut room.other
            && let Some(name) = self.name(other.id)
        {
            name.clone_into(&mut other.display_name);
            name.clone_into(&mut room.name);
        }
        if let Some(last) = &mut room.last_message {
            self.name_row(last);
        }
    }
}

/// The person that a fact names besides its sender.
pub(crate) const fn named(event: &SystemEvent) -> Option<UserId> {
    match event {
        SystemEvent::Added { user_id, .. }
        | SystemEvent::Removed { user_id, .. }
        | SystemEvent::Banned { user_id, .. }
        | SystemEvent::RoleChanged { user_id, .. } => Some(*user_id),
        _ => None,
    }
}

/// Their name in the fact itself.
pub(crate) fn hint(event: &SystemEvent) -> Option<&str> {
    match event {
        SystemEvent::Added { display_name, .. }
        | SystemEvent::Removed { display_name, .. }
        | SystemEvent::Banned { display_name, .. }
        | SystemEvent::RoleChanged { display_name, .. } => Some(display_name),
        _ => None,
    }
}
