//! Flushes what is due after an input: pages to fetch, messages and marks to send, timers to set.

use super::Engine;
use super::persistence::TabRole;
use crate::answer::Touched;
use crate::fetcher::Request;
use crate::timers::Timer;
use crate::{Effect, Mechanism, Now};
use protocol::{RoomId, Seq};

impl Engine {
    pub(super) fn flush(&mut self, now: Now) {
        // Giving a connection up makes more rooms dirty, once.
        while let Some(room) = self.dirty.pop_first() {
            self.fetch(now, room);
            self.send_messages(now, room);
            self.send_marks(now, room);
        }
        self.send_focus();
        self.ask_for_people(now);
        let watches_silence = self.mechanisms.has(Mechanism::HeartbeatDeadline);
        self.timers.set(Timer::Connection, self.connection.deadline(watches_silence));
    }

    fn fetch(&mut self, now: Now, id: RoomId) {
        let online = self.connection.is_online();
        let Some(room) = self.rooms.get_mut(id) else { return self.timers.set(Timer::History(id), None) };
        let live = online && room.is_member();
        room.fetcher.expire(now.monotonic_ms, now.random);
        let wanted = room.wanted(live && self.mechanisms.has(Mechanism::GapRepair));
        let request = room.fetcher.ask(wanted, now.monotonic_ms);
        self.timers.set(Timer::History(id), room.fetcher.due(wanted));
        match request {
            Some(Request::Page(request)) => {
                let generation = self.generation;
                self.answer.ask(Effect::FetchHistory { room_id: id, request, generation });
            }
            Some(Request::Sync(seq, rev)) => self.sync_more(id, seq, rev),
            None => {}
        }
    }

    fn send_messages(&mut self, now: Now, room: RoomId) {
        if self.connection.is_online() && self.outbox.is_late(room, now.monotonic_ms) {
            self.lose(now, None);
        }
        if !self.connection.is_online() || self.tab_role != TabRole::Leader {
            self.timers.set(Timer::Outbox(room), None);
            return;
        }
        if let Some(frame) = self.outbox.send(room, now.monotonic_ms, self.mechanisms.has(Mechanism::FifoOutbox)) {
            self.answer.transmit(frame);
        }
        self.timers.set(Timer::Outbox(room), self.outbox.due(room));
    }

    fn send_marks(&mut self, now: Now, id: RoomId) {
        let online = self.connection.is_online();
        let Some(room) = self.rooms.get_mut(id).filter(|room| online && room.is_member()) else {
            self.timers.set(Timer::Marks(id), None);
            return;
        };
        for frame in room.marks.take(id, now.monotonic_ms) {
            self.answer.transmit(frame);
        }
        self.timers.set(Timer::Marks(id), room.marks.due());
    }

    /// A room's state changed: marks its views as changed, settles stored messages of the outbox, and schedules a flush.
    pub(super) fn touch(&mut self, id: RoomId, mut touched: Touched) {
        let room = self.rooms.get(id);
        let timeline = room.and_then(|room| room.timeline.as_ref());
        let shown = match timeline.filter(|timeline| timeline.is_at_newest()) {
            Some(timeline) => timeline.last(),
            None if room.is_some_and(|room| room.fetcher.newest) => Seq(0),
            // Without the newest rows on the screen or on their way, a stored message has no place to wait for.
            None => Seq(i64::MAX),
        };
        let revised = |seq| timeline.and_then(|timeline| timeline.row(seq)).map(|row| row.rev);
        touched.rows |= self.outbox.settle(id, shown, revised);
        self.answer.touched(id, touched);
        self.persistence.touch(id);
        self.dirty.insert(id);
    }
}
