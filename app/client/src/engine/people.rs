//! Names of people: which people the screen shows, and which views and records change when a name changes.

use super::Engine;
use crate::people::named;
use crate::timers::Timer;
use crate::{Mechanism, Now, View};
use protocol::{Message, Person, RoomId, RoomSummary, UserId};
use std::collections::BTreeSet;

impl Engine {
    /// The name of a person, if known.
    #[must_use]
    pub fn name(&self, user: UserId) -> Option<&str> {
        self.people.name(user)
    }

    /// One room with present names, if the person is in it or looks at it.
    #[must_use]
    pub fn named_room(&self, room: RoomId) -> Option<RoomSummary> {
        let mut summary = self.room(room)?.clone();
        self.people.name_room(&mut summary);
        Some(summary)
    }

    pub(super) fn meet_in_rows<'a>(&mut self, rows: impl IntoIterator<Item = &'a Message>) {
        rows.into_iter().for_each(|row| self.people.meet_in_row(row));
    }

    /// Restores stored names. Every name on the screen may differ by it.
    pub(super) fn restore_people(&mut self, people: Vec<Person>, rev: i64) {
        if !people.is_empty() {
            for view in [View::Rooms, View::People] {
                self.answer.changed(view);
            }
            for (id, _) in self.rooms.iter().filter(|(_, room)| room.timeline.is_some()) {
                self.answer.changed(View::Timeline(id));
            }
        }
        self.people.restore(people, rev);
    }

    pub(super) fn people_answered(&mut self, people: Vec<Person>, rev: i64) {
        for (user, before) in self.people.answered(people, rev) {
            self.renamed(user, before.as_deref());
        }
    }

    pub(super) fn person_changed(&mut self, person: Person) {
        if self.mechanisms.has(Mechanism::PeopleSync)
            && let Some((user, before)) = self.people.changed(person)
        {
            self.renamed(user, before.as_deref());
        }
    }

    /// Marks the views as changed that show another name of this person: `before`, or else the hint in rows and rooms.
    fn renamed(&mut self, user: UserId, before: Option<&str>) {
        let Some(after) = self.people.name(user) else { return };
        let differs = |hint: &str| before.unwrap_or(hint) != after;
        let row_differs = |row: &Message| {
            let event = row.event.as_ref().filter(|event| named(event) == Some(user));
            let hint = event.and_then(crate::people::hint);
            (row.sender_id == user && differs(&row.sender_name)) || hint.is_some_and(differs)
        };
        let summary_differs = |summary: &RoomSummary| {
            let is_other = summary.other.as_ref().is_some_and(|other| other.id == user);
            (is_other && differs(&summary.name)) || summary.last_message.as_ref().is_some_and(row_differs)
        };
        for (id, room) in self.rooms.iter() {
            if room.summary.as_ref().is_some_and(summary_differs) {
                self.answer.changed(View::Rooms);
            }
            if room.timeline.as_ref().is_some_and(|timeline| timeline.rows().any(row_differs)) {
                self.answer.changed(View::Timeline(id));
            }
        }
        if self.awareness.is_typing(user) {
            self.answer.changed(View::Awareness);
        }
        self.answer.changed(View::People);
    }

    /// Requests names that are shown and unknown, or that changed while this device was away.
    pub(super) fn ask_for_people(&mut self, now: Now) {
        let live = self.connection.is_online() && self.mechanisms.has(Mechanism::PeopleSync);
        if let Some(frame) = live.then(|| self.people.ask(now.monotonic_ms)).flatten() {
            self.answer.transmit(frame);
        }
        self.timers.set(Timer::People, self.people.due().filter(|_| live));
        if self.people.is_full() {
            let shown = self.shown_people();
            self.people.trim(&shown);
        }
    }

    /// The people whose names rows and rooms show.
    fn shown_people(&self) -> BTreeSet<UserId> {
        let mut shown: BTreeSet<UserId> = [self.me.id].into();
        for (_, room) in self.rooms.iter() {
            let rows = room.timeline.iter().flat_map(|timeline| timeline.rows());
            let summary = room.summary.iter();
            shown.extend(summary.clone().filter_map(|summary| summary.other.as_ref().map(|other| other.id)));
            for row in rows.chain(summary.filter_map(|summary| summary.last_message.as_ref())) {
                shown.insert(row.sender_id);
                shown.extend(row.event.as_ref().and_then(named));
            }
        }
        shown
    }
}
