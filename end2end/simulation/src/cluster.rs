//! The nodes and what they share, as devices and faults find them.

use super::fault_hook::Point;
use super::node::Node;
use super::plan::Fault;
use super::sim::{Sim, note};
use super::wire::Wire;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use store::model::Tables;
use tokio::time::sleep;

/// States of the database that a replica may have.
const LAG: usize = 8;

pub(super) struct Cluster {
    pub(super) sim: Arc<Sim>,
    pub(super) wire: Arc<Wire>,
    tables: Arc<Mutex<Tables>>,
    /// A dead node stays in its place until the next one takes it.
    nodes: Mutex<Vec<Arc<Node>>>,
    /// The database as it was saved last.
    backup: Mutex<Option<Tables>>,
    /// The database as a replica has it that lags behind, the oldest first.
    replica: Mutex<VecDeque<Tables>>,
}

impl Cluster {
    pub(super) fn new(sim: &Arc<Sim>, tables: Tables, count: usize) -> Arc<Self> {
        let (wire, tables) = (Wire::new(sim), Arc::new(Mutex::new(tables)));
        let nodes = (0..count).map(|number| Node::start(sim, &wire, &tables, number)).collect();
        Arc::new(Self {
            sim: Arc::clone(sim),
            wire,
            tables,
            nodes: Mutex::new(nodes),
            backup: Mutex::default(),
            replica: Mutex::default(),
        })
    }

    /// The truth.
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    fn nodes(&self) -> Vec<Arc<Node>> {
        self.nodes.lock().unwrap().clone()
    }

    /// A node that is not subscribed to a room in which somebody is connected to it.
    pub(super) fn deaf(&self) -> Option<String> {
        let nodes = self.nodes();
        let mut deaf = nodes.iter().filter_map(|node| Some((node.life.number, node.deaf_to()?)));
        deaf.next().map(|(number, room)| format!("I6: node {number} is not subscribed to {room}"))
    }

    /// A node that lives, whichever a balancer chooses.
    pub(super) fn any(&self) -> Option<Arc<Node>> {
        let living: Vec<_> = self.nodes().into_iter().filter(|node| !node.life.is_over()).collect();
        self.sim.chance.pick(&living).cloned()
    }

    /// A node is going to die, now or at some point; another takes its place some time after.
    pub(super) fn crash(self: &Arc<Self>) {
        let Some(node) = self.any() else { return };
        match self.sim.chance.below(4) {
            0 => node.life.end(),
            1 => node.life.die_at(Point::BeforeCommit),
            2 => node.life.die_at(Point::AfterCommit),
            _ => node.life.die_at(Point::BeforePublish),
        }
        let cluster = Arc::clone(self);
        self.sim.spawn(async move {
            node.life.over().await;
            sleep(cluster.sim.chance.millis(100, 6_000)).await;
            cluster.replace(&node);
        });
    }

    fn replace(&self, old: &Arc<Node>) {
        let mut nodes = self.nodes.lock().unwrap();
        if let Some(place) = nodes.iter_mut().find(|node| Arc::ptr_eq(node, old)) {
            *place = Node::start(&self.sim, &self.wire, &self.tables, old.life.number);
        }
    }

    pub(super) fn back_up(&self) {
        note!(self.sim, "a backup is made");
        *self.backup.lock().unwrap() = Some(self.tables().clone());
    }

    /// Stops all nodes, puts the backup in place under a new epoch, and starts them. Whether there was one. `at_rest` is
    /// called while nothing runs.
    pub(super) fn restore(&self, at_rest: impl FnOnce(&Tables, &Tables)) -> bool {
        let Some(mut backup) = self.backup.lock().unwrap().clone() else { return false };
        note!(self.sim, "the database is restored from the backup");
        for node in self.nodes() {
            node.life.end();
            node.bury();
        }
        backup.epoch = self.sim.id(0);
        self.replica.lock().unwrap().clear();
        at_rest(&self.tables(), &backup);
        *self.tables() = backup;
        for node in self.nodes() {
            self.replace(&node);
        }
        true
    }

    /// The replica gets what was committed so far; it may stay behind by a few such steps.
    pub(super) fn remember(&self) {
        if self.sim.plan.has(Fault::Rewind) {
            let mut replica = self.replica.lock().unwrap();
            replica.push_back(self.tables().clone());
            if replica.len() > LAG {
                replica.pop_front();
            }
        }
    }

    /// The replica takes the place of the database: the last commits are lost, and nodes go on. `at_rest` is called in
    /// that moment.
    pub(super) fn rewind(&self, at_rest: impl FnOnce(&Tables, &Tables)) {
        let states: Vec<_> = std::mem::take(&mut *self.replica.lock().unwrap()).into();
        let Some(mut after) = self.sim.chance.pick(&states).cloned() else { return };
        note!(self.sim, "the database loses its last commits");
        let mut tables = self.tables();
        after.timeline = tables.timeline + 1;
        at_rest(&tables, &after);
        *tables = after;
        self.wire.forget();
    }

    /// Faults are over: every place has a node that lives.
    pub(super) fn mend(&self) {
        for node in self.nodes().iter().filter(|node| node.life.is_over()) {
            self.replace(node);
        }
    }
}
