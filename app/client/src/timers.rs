//! The engine's timers, and the earliest of them, which the host is asked for.

use protocol::RoomId;
use std::collections::BTreeMap;

/// What a moment is for. Each has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The connection's next step.
    Connection,
    /// A page of history is late, or may be asked for again.
    History(RoomId),
    /// A message's acknowledgement is late, or the message may be sent again.
    Outbox(RoomId),
    /// Marks may be sent.
    Marks(RoomId),
    /// Somebody has not said for a while that they are still typing.
    Typing,
    /// The names of people are late.
    People,
}

/// Pending timers. Only those that are set cost anything.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// Monotonic milliseconds.
    at: BTreeMap<Timer, u64>,
    /// What the host was asked for last, until it wakes us.
    asked: Option<u64>,
}

impl Timers {
    /// Sets the timer, or clears it.
    pub(crate) fn set(&mut self, timer: Timer, at: Option<u64>) {
        match at {
            Some(at) => self.at.insert(timer, at),
            None => self.at.remove(&timer),
        };
    }

    /// Whether the host was to wake us more than so many milliseconds ago.
    pub(crate) fn is_late(&self, now: u64, by: u64) -> bool {
        self.asked.is_some_and(|asked| asked + by < now)
    }

    /// The host has woken us: takes what is due.
    pub(crate) fn wake(&mut self, now: u64) -> Vec<Timer> {
        self.asked = None;
        let due: Vec<Timer> = self.at.iter().filter(|(_, at)| **at <= now).map(|(timer, _)| *timer).collect();
        for timer in &due {
            self.at.remove(timer);
        }
        due
    }

    /// The moment to ask the host for, if that differs from what it knows. Waking too early does no harm.
    pub(crate) fn ask(&mut self) -> Option<u64> {
        let first = self.at.values().min().copied()?;
        if self.asked.is_some_and(|asked| asked <= first) {
            return None;
        }
        self.asked = Some(first);
        self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_asked_for_the_earliest_moment_once() {
        let mut timers = Timers::default();
        let room = RoomId(uuid::Uuid::nil());
        assert_eq!(timers.ask(), None);
        timers.set(Timer::Connection, Some(50));
        assert_eq!((timers.ask(), timers.ask()), (Some(50), None));
        timers.set(Timer::Marks(room), Some(60));
        assert_eq!(timers.ask(), None);
        timers.set(Timer::Outbox(room), Some(40));
        assert_eq!(timers.ask(), Some(40));
        assert_eq!(timers.wake(50), [Timer::Connection, Timer::Outbox(room)]);
        assert_eq!(timers.ask(), Some(60));
        timers.set(Timer::Marks(room), None);
        assert_eq!((timers.wake(70), timers.ask()), (vec![], None));
    }
}
