//! Where a node meets the database: calls take time, fail before or after the commit, and end with the node.

use super::plan::Fault;
use super::sim::{Sim, note};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use store::model::{Call, FaultHook};
use store::{Error, Result};
use tokio::sync::Notify;
use tokio::time::sleep;

/// Between which two steps a node dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    BeforeCommit,
    AfterCommit,
    BeforePublish,
}

/// Whether a node lives, as everything of it knows at once.
pub(super) struct Life {
    pub(super) sim: Arc<Sim>,
    pub(super) number: usize,
    ended: AtomicBool,
    end: Notify,
    /// It dies when it gets there.
    dies_at: Mutex<Option<Point>>,
}

impl Life {
    pub(super) fn new(sim: &Arc<Sim>, number: usize) -> Arc<Self> {
        let (ended, end, dies_at) = (AtomicBool::new(false), Notify::new(), Mutex::new(None));
        Arc::new(Self { sim: Arc::clone(sim), number, ended, end, dies_at })
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        if !self.ended.swap(true, Ordering::Relaxed) {
            note!(self.sim, "node {} dies", self.number);
            self.end.notify_waiters();
        }
    }

    pub(super) async fn over(&self) {
        let end = self.end.notified();
        if !self.is_over() {
            end.await;
        }
    }

    pub(super) fn die_at(&self, point: Point) {
        *self.dies_at.lock().unwrap() = Some(point);
    }

    /// The node gets to this point. Whether it lives on.
    pub(super) fn reaches(&self, point: Point) -> bool {
        let dies = self.dies_at.lock().unwrap().take_if(|at| *at == point).is_some();
        if dies && !self.sim.is_calm() {
            note!(self.sim, "{point:?}:");
            self.end();
        }
        !self.is_over()
    }
}

pub(super) struct NodeFaults(pub(super) Arc<Life>);

impl NodeFaults {
    async fn pass(&self, call: Call, point: Point, what: &str) -> Result<()> {
        let sim = &self.0.sim;
        sleep(sim.chance.millis(0, if sim.chance.one_in(10) { 60 } else { 4 })).await;
        let lives = if call == Call::Write { self.0.reaches(point) } else { !self.0.is_over() };
        if !lives {
            // The caller died with the node.
            std::future::pending::<()>().await;
        }
        if sim.strikes(Fault::Store, 25) {
            note!(sim, "node {}: the store fails {what}", self.0.number);
            return Err(Error::Unavailable(what.into()));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl FaultHook for NodeFaults {
    async fn enter(&self, call: Call) -> Result<()> {
        self.pass(call, Point::BeforeCommit, "before the commit").await
    }

    async fn leave(&self, call: Call) -> Result<()> {
        self.pass(call, Point::AfterCommit, "after the commit").await
    }
}
