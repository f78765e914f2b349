//! In which zone times are read, and what "today" is. UTC until the page is live, so that the browser builds exactly
//! the server's HTML; the device's own zone from then on.

use crate::{dom, time};
use leptos::prelude::*;
use protocol::UnixMillis;
use std::time::Duration;

/// How often "today" is looked at again.
const TICK: Duration = Duration::from_secs(60);

/// Shared by everything that shows a time.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// Whether the device's zone is used.
    local: RwSignal<bool>,
    /// About now; moved every [`TICK`].
    now: RwSignal<UnixMillis>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let clock = Self { local: RwSignal::new(false), now: RwSignal::new(dom::clock::wall()) };
        Effect::new(move |_| {
            clock.local.set(true);
            let ticking = set_interval_with_handle(move || clock.now.set(dom::clock::wall()), TICK);
            on_cleanup(move || {
                if let Ok(handle) = ticking {
                    handle.clear();
                }
            });
        });
        clock
    }

    fn shifted(self, at: UnixMillis) -> i64 {
        if self.local.get() { at.0 + dom::clock::offset_ms(at) } else { at.0 }
    }

    /// The number of the day, for telling days apart.
    pub(crate) fn day_number(self, at: UnixMillis) -> i64 {
        time::day_number(self.shifted(at))
    }

    /// `09:41`
    pub(crate) fn time(self, at: UnixMillis) -> String {
        time::clock(self.shifted(at))
    }

    /// `Today`, `Sunday 22 November`
    pub(crate) fn day(self, at: UnixMillis) -> String {
        time::day(self.shifted(at), self.shifted(self.now.get()))
    }

    /// The shortest clear label for a list.
    pub(crate) fn brief(self, at: UnixMillis) -> String {
        time::brief(self.shifted(at), self.shifted(self.now.get()))
    }

    /// `24 November 2026, 09:41`
    pub(crate) fn full(self, at: UnixMillis) -> String {
        time::full(self.shifted(at))
    }
}
