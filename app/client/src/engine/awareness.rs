//! Awareness in the engine: typing, presence, and the focus that the server needs for them.

use super::Engine;
use crate::awareness::Focus;
use crate::{Now, View};
use protocol::limits::FOCUS_USERS;
use protocol::{Presence, PresenceState, RoomId, UnixMillis, UserId};

impl Engine {
    /// Names of others who are typing in a room that is shown.
    #[must_use]
    pub fn typing(&self, room: RoomId) -> Vec<String> {
        let name = |(user, hint): (UserId, &str)| self.people.name(user).unwrap_or(hint).to_owned();
        self.awareness.typing(room).map(name).collect()
    }

    /// The presence of the other person of a direct room, and when they were seen last; none before the server sent it.
    #[must_use]
    pub fn presence(&self, user: UserId) -> Option<(PresenceState, UnixMillis)> {
        self.awareness.presence(user)
    }

    pub(super) fn write(&mut self, now: Now, room: RoomId, typing: bool) {
        if !self.connection.is_online() {
            return;
        }
        if let Some(frame) = self.awareness.write(room, typing, now.monotonic_ms) {
            self.answer.transmit(frame);
        }
    }

    pub(super) fn typing_started(&mut self, now: Now, room: RoomId, user: UserId, name: String) {
        if user != self.me.id {
            self.people.meet(user);
            self.awareness.start(room, user, name, now.monotonic_ms, &mut self.timers);
            self.answer.changed(View::Awareness);
        }
    }

    pub(super) fn typing_stopped(&mut self, room: RoomId, user: UserId) {
        if self.awareness.stop(room, user) {
            self.answer.changed(View::Awareness);
        }
    }

    pub(super) fn presence_changed(&mut self, people: Vec<Presence>) {
        self.awareness.learn(people);
        self.answer.changed(View::Awareness);
    }

    /// Sends what this device shows, if it differs from what was sent.
    pub(super) fn send_focus(&mut self) {
        if !self.connection.is_online() {
            return;
        }
        let others = self.rooms.iter().filter_map(|(_, room)| Some(room.summary.as_ref()?.other.as_ref()?.id));
        let mut users: Vec<UserId> = others.collect();
        // Ids grow with time: these are the latest rooms.
        users.drain(..users.len().saturating_sub(FOCUS_USERS));
        let focus = Focus { room: self.open, users, away: self.awareness.away };
        if let Some(frame) = self.awareness.focus(focus) {
            self.answer.transmit(frame);
        }
    }
}
