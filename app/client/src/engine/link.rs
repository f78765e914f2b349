//! The connection's life: opening, greeting, noticing that it was lost, and trying again.

use super::Engine;
use crate::connection::{Closed, SUSPEND_THRESHOLD_MS, Step};
use crate::{ConnectionState, Effect, Now, View};
use protocol::{ClientFrame, PROTOCOL_VERSION};

impl Engine {
    /// Opens a socket if one is only waited for.
    pub(super) fn connect(&mut self, now: Now) {
        if self.connection.connect(now, !self.awareness.away) {
            self.answer.ask(Effect::Connect);
        }
    }

    /// The person sends something: reason enough to end the wait of a parked page.
    pub(super) fn unpark(&mut self, now: Now) {
        if self.connection.state() == ConnectionState::Parked {
            self.hurry(now, true);
        }
    }

    /// Tries now instead of later; `asked` if the person does.
    pub(super) fn hurry(&mut self, now: Now, asked: bool) {
        let step = self.connection.hurry(now, !self.awareness.away, asked);
        self.take(step);
    }

    /// Probes the connection.
    pub(super) fn probe(&mut self, now: Now) {
        let step = self.connection.probe(now);
        self.take(step);
    }

    /// A deadline of the connection may have passed.
    pub(super) fn time_out(&mut self, now: Now, was_suspended: bool) {
        let step = self.connection.time_out(now, !self.awareness.away, was_suspended);
        self.take(step);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Probe => self.answer.transmit(ClientFrame::Ping {}),
            Step::Connect => self.answer.ask(Effect::Connect),
            Step::Lose => self.forget_link(),
            Step::Reconnect => {
                self.forget_link();
                self.answer.ask(Effect::Connect);
            }
        }
    }

    /// Whether this device stood still since the last input. The clock on the wall goes on where the monotonic one of
    /// some systems does not; elsewhere a timer is late (`is_timer`: this input is one).
    pub(super) fn was_suspended(&mut self, now: Now, is_timer: bool) -> bool {
        let late = is_timer && self.timers.is_late(now.monotonic_ms, SUSPEND_THRESHOLD_MS);
        let before = self.clocks.replace((now.monotonic_ms, now.wall));
        late || before.is_some_and(|(monotonic_ms, wall)| {
            let by_wall = u64::try_from(now.wall.0.saturating_sub(wall.0)).unwrap_or_default();
            by_wall > (now.monotonic_ms - monotonic_ms) + SUSPEND_THRESHOLD_MS
        })
    }

    pub(super) fn connected(&mut self, now: Now) {
        if !self.connection.opened(now) {
            return;
        }
        self.snapshot = None;
        self.changed_before_list = false;
        self.reported.clear();
        self.rooms.greet();
        // Answered at once, however long `welcome` takes: this distinguishes a slow server from a dead link.
        self.answer.transmit(ClientFrame::Ping {});
        let cursors = self.cursors(now);
        self.answer.transmit(ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: self.epoch, cursors });
    }

    /// The connection is closed, or is of no use any more.
    pub(super) fn lose(&mut self, now: Now, code: Option<u16>) {
        match self.connection.closed(now, code) {
            Closed::Known => return,
            Closed::Lost => {}
            Closed::Refused => self.answer.ask(Effect::Reload),
            Closed::SignedOut => self.answer.ask(Effect::SignedOut),
        }
        self.forget_link();
    }

    /// Resets what was sent on the connection and not answered: it is sent again on the next one.
    fn forget_link(&mut self) {
        self.snapshot = None;
        self.outbox.reconnect();
        self.awareness.disconnect();
        self.people.disconnect();
        self.answer.changed(View::Awareness);
        for room in self.rooms.iter_mut() {
            room.fetcher.disconnect();
        }
        self.dirty.extend(self.outbox.rooms());
    }
}
