//! What everything in a run shares: chance, virtual time, the trace, and whether things still go wrong.

use super::plan::{Fault, Plan};
use super::trace::Trace;
use chat::clock::Clock;
use futures_util::FutureExt;
use protocol::UnixMillis;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testbed::Chance;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

/// When every run begins, in milliseconds since the Unix epoch.
const BEGINNING: i64 = 1_700_000_000_000;

/// Within which a narrow link carries more than a narrow queue holds, and a connection that was closed as too slow has ended, in
/// virtual milliseconds.
const RECENT_MS: u64 = 4_000;

pub(super) struct Sim {
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) trace: Trace,
    start: Instant,
    /// Whether faults have ended.
    calm: AtomicBool,
    ids: AtomicU64,
    /// What nodes published of late: when, and how many bytes.
    published: Mutex<VecDeque<(u64, usize)>>,
    /// What went wrong first that must not.
    failure: Mutex<Option<String>>,
}

/// Notes a step.
macro_rules! note {
    ($sim:expr, $($what:tt)*) => {
        $sim.trace.note($sim.now(), format_args!($($what)*))
    };
}
pub(super) use note;

impl Sim {
    pub(super) fn new(chance: Chance, plan: Plan, lines: usize) -> Arc<Self> {
        Arc::new(Self {
            chance,
            plan,
            trace: Trace::new(lines),
            start: Instant::now(),
            calm: AtomicBool::new(false),
            ids: AtomicU64::new(0),
            published: Mutex::default(),
            failure: Mutex::new(None),
        })
    }

    /// Virtual milliseconds since the beginning.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    pub(super) fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    pub(super) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub(super) fn publishes(&self, bytes: usize) {
        let mut published = self.published.lock().unwrap();
        published.push_back((self.now(), bytes));
        while published.front().is_some_and(|(at, _)| *at + RECENT_MS < self.now()) {
            published.pop_front();
        }
    }

    /// Bytes that nodes published within [`RECENT_MS`]: what happens reaches devices as it happens, however narrow their links.
    pub(super) fn recently_published(&self) -> usize {
        let recent = |(at, _): &&(u64, usize)| *at + RECENT_MS >= self.now();
        self.published.lock().unwrap().iter().filter(recent).map(|(_, bytes)| bytes).sum()
    }

    /// Whether a fault happens here and now. Counts it.
    pub(super) fn strikes(&self, fault: Fault, one_in: usize) -> bool {
        let strikes = !self.is_calm() && self.plan.has(fault) && self.chance.one_in(one_in);
        if strikes {
            self.trace.count(fault.name());
        }
        strikes
    }

    /// How long something takes on its way.
    pub(super) fn latency(&self) -> Duration {
        let slow = !self.is_calm() && self.chance.one_in(12);
        self.chance.millis(1, if slow { 800 } else { 25 })
    }

    /// A fresh UUIDv7 by a clock that is off by `offset` milliseconds.
    pub(super) fn id(&self, offset: i64) -> Uuid {
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let millis = u64::try_from(self.wall(offset).0).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    pub(super) fn wall(&self, offset: i64) -> UnixMillis {
        UnixMillis(BEGINNING + i64::try_from(self.now()).unwrap() + offset)
    }

    /// A task of the simulated world. That it panics is a failure of the run.
    pub(super) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let sim = Arc::clone(self);
        let watched = async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                sim.fail("a task panicked".into());
            }
        };
        tokio::spawn(watched).abort_handle()
    }

    pub(super) fn fail(&self, what: String) {
        note!(self, "FAILURE {what}");
        self.failure.lock().unwrap().get_or_insert(what);
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap().clone()
    }
}

/// The clock of one node or device.
pub(super) struct SimClock {
    pub(super) sim: Arc<Sim>,
    /// Milliseconds by which it is off.
    pub(super) offset: i64,
}

impl SimClock {
    pub(super) fn new(sim: &Arc<Sim>) -> Self {
        const HOUR: u64 = 3_600_000;
        let off = sim.strikes(Fault::Clocks, 2);
        let offset = if off { i64::try_from(sim.chance.next() % (2 * HOUR)).unwrap() - HOUR as i64 } else { 0 };
        Self { sim: Arc::clone(sim), offset }
    }
}

impl Clock for SimClock {
    fn now(&self) -> UnixMillis {
        self.sim.wall(self.offset)
    }

    fn id(&self) -> Uuid {
        self.sim.id(self.offset)
    }
}
