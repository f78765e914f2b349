//! Awareness (typing and presence): what this device shows, what it received, and what it sends. Nothing here is persisted.

use crate::timers::{Timer, Timers};
use protocol::limits::{TYPING_INTERVAL_MS, TYPING_TIMEOUT_MS};
use protocol::{ClientFrame, Presence, PresenceState, RoomId, UnixMillis, UserId};
use std::collections::BTreeMap;

/// What this device shows, as sent to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Focus {
    pub(crate) room: Option<RoomId>,
    pub(crate) users: Vec<UserId>,
    pub(crate) away: bool,
}

/// Somebody who is typing.
#[derive(Debug)]
struct Typist {
    room: RoomId,
    user: UserId,
    name: String,
    /// Monotonic milliseconds.
    until: u64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Awareness {
    /// Whether nobody looks at this device.
    pub(crate) away: bool,
    /// What was sent on this connection.
    sent_focus: Focus,
    /// In the order in which they began.
    typists: Vec<Typist>,
    /// Where this person is typing, and when that was sent.
    typed: Option<(RoomId, u64)>,
    people: BTreeMap<UserId, (PresenceState, UnixMillis)>,
}

impl Awareness {
    /// The frame to send, if the focus differs from what was sent.
    pub(crate) fn focus(&mut self, focus: Focus) -> Option<ClientFrame> {
        if self.sent_focus == focus {
            return None;
        }
        self.sent_focus = focus.clone();
        Some(ClientFrame::Focus { room_id: focus.room, users: focus.users, away: focus.away })
    }

    /// A new connection knows nothing, and who was typing may have stopped.
    pub(crate) fn disconnect(&mut self) {
        self.sent_focus = Focus::default();
        self.typed = None;
        self.typists.clear();
    }

    /// The person types, or has emptied the field. The frame that says so, unless it was said a moment ago.
    pub(crate) fn write(&mut self, room: RoomId, typing: bool, now: u64) -> Option<ClientFrame> {
        let sent = self.typed.filter(|(typed, _)| *typed == room);
        if !typing {
            self.typed = None;
            return sent.map(|_| ClientFrame::TypingStop { room_id: room });
        }
        if sent.is_some_and(|(_, at)| now < at + TYPING_INTERVAL_MS) {
            return None;
        }
        self.typed = Some((room, now));
        Some(ClientFrame::TypingStart { room_id: room })
    }

    /// The message says that typing has ended.
    pub(crate) const fn sent(&mut self) {
        self.typed = None;
    }

    pub(crate) fn start(&mut self, room: RoomId, user: UserId, name: String, now: u64, timers: &mut Timers) {
        let until = now + TYPING_TIMEOUT_MS;
        match self.typists.iter_mut().find(|typist| (typist.room, typist.user) == (room, user)) {
            Some(typist) => typist.until = until,
            None => self.typists.push(Typist { room, user, name, until }),
        }
        self.wait(timers);
    }

    /// Returns true if they were typing.
    pub(crate) fn stop(&mut self, room: RoomId, user: UserId) -> bool {
        self.end(|typist| (typist.room, typist.user) == (room, user))
    }

    /// Ends the typing of people without a repeated frame. Returns true if there were any.
    pub(crate) fn expire(&mut self, now: u64, timers: &mut Timers) -> bool {
        let ended = self.end(|typist| typist.until <= now);
        self.wait(timers);
        ended
    }

    fn end(&mut self, which: impl Fn(&Typist) -> bool) -> bool {
        let before = self.typists.len();
        self.typists.retain(|typist| !which(typist));
        self.typists.len() != before
    }

    fn wait(&self, timers: &mut Timers) {
        timers.set(Timer::Typing, self.typists.iter().map(|typist| typist.until).min());
    }

    pub(crate) fn learn(&mut self, people: Vec<Presence>) {
        for Presence(user, state, seen) in people {
            self.people.insert(user, (state, seen));
        }
    }

    /// Those who type in a room, with the names that came along.
    pub(crate) fn typing(&self, room: RoomId) -> impl Iterator<Item = (UserId, &str)> {
        let here = self.typists.iter().filter(move |typist| typist.room == room);
        here.map(|typist| (typist.user, typist.name.as_str()))
    }

    pub(crate) fn is_typing(&self, user: UserId) -> bool {
        self.typists.iter().any(|typist| typist.user == user)
    }

    pub(crate) fn presence(&self, user: UserId) -> Option<(PresenceState, UnixMillis)> {
        self.people.get(&user).copied()
    }
}
