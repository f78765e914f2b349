//! One run: people, devices and nodes, a while in which things go wrong, and the rest after it.

use super::check::check;
use super::cluster::Cluster;
use super::device::Device;
use super::later;
use super::person;
use super::plan::{Fault, Mutation, Plan};
use super::sim::{Sim, note};
use client::Input;
use protocol::{ClientId, RoomId, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::model::Tables;
use store::{NewUser, Stamp};
use testbed::Chance;
use tokio::time::sleep;

/// Things that happen before the rest.
const STEPS: usize = 160;
/// How long everything may take to be well again, in looks that are five seconds apart.
const LOOKS: usize = 60;

/// A run that ended well.
pub struct Report {
    /// Of all that happened: the same seed has the same one.
    pub hash: u64,
    /// How often each fault struck.
    pub counts: BTreeMap<&'static str, u64>,
}

/// What does not hold, and what led to it.
pub struct Failure {
    /// The invariant, and where it is violated.
    pub problem: String,
    /// The faults and bounds that were drawn.
    pub plan: String,
    /// The last lines of what happened.
    pub lines: Vec<String>,
}

struct World {
    sim: Arc<Sim>,
    cluster: Arc<Cluster>,
    devices: Vec<Arc<Device>>,
}

/// Runs a seed in the present (paused) runtime.
pub(super) async fn run(
    seed: u64,
    faults: &[Fault],
    mutation: Option<Mutation>,
    lines: usize,
) -> Result<Report, Failure> {
    let chance = Chance::new(seed);
    let plan = Plan::new(faults, mutation, &chance);
    let sim = Sim::new(chance, plan, lines);
    let world = World::new(&sim);
    world.live().await;
    let ended = world.rest().await;
    match ended {
        Ok(()) => Ok(Report { hash: sim.trace.hash(), counts: sim.trace.counts() }),
        Err(problem) => Err(Failure { problem, plan: format!("{:?}", sim.plan), lines: sim.trace.lines() }),
    }
}

impl World {
    fn new(sim: &Arc<Sim>) -> Self {
        let mut tables = Tables::new(sim.id(0), RoomId(sim.id(0)));
        tables.dedupes = !sim.plan.lacks(Mutation::Dedupe);
        tables.keeps_refusals = !sim.plan.lacks(Mutation::Refusals);
        tables.keeps_digests = !sim.plan.lacks(Mutation::FirstText);
        for name in ["ada", "bob", "cy"].iter().take(2 + sim.chance.below(2)) {
            let (id, password_hash) = (UserId(sim.id(0)), String::new());
            let user = NewUser { id, username: (*name).into(), display_name: name.to_uppercase(), password_hash };
            tables.create_user(user, Stamp { client_id: ClientId(sim.id(0)), now: sim.wall(0) }).unwrap();
        }
        let users: Vec<_> = tables.users.values().cloned().collect();
        for (number, one) in users.iter().enumerate() {
            // Most of them know each other: the others cannot bring each other into rooms.
            for other in users.iter().skip(number + 1).filter(|_| !sim.chance.one_in(4)) {
                let ids = [ClientId(sim.id(0)), ClientId(sim.id(0))];
                tables.acquaint([one.id, other.id], RoomId(sim.id(0)), ids, sim.wall(0));
            }
        }
        let cluster = Cluster::new(sim, tables, 1 + sim.chance.below(3));
        let owners = users.into_iter().flat_map(|user| vec![user; 1 + sim.chance.below(3)]);
        let devices = owners.enumerate().map(|(number, user)| Device::new(&cluster, number, user)).collect();
        Self { sim: Arc::clone(sim), cluster, devices }
    }

    /// People act and things go wrong.
    async fn live(&self) {
        for device in &self.devices {
            device.load();
        }
        for _ in 0..STEPS {
            let long = self.sim.chance.one_in(80);
            sleep(self.sim.chance.millis(0, if long { 70_000 } else { 300 })).await;
            self.devices.iter().for_each(|device| device.check_silence());
            self.cluster.remember();
            if self.sim.failure().is_some() {
                return;
            }
            if self.sim.chance.one_in(6) {
                self.fault();
            } else if let Some(device) = self.sim.chance.pick(&self.devices) {
                person::act(device);
            }
        }
    }

    fn fault(&self) {
        let (sim, cluster) = (&self.sim, &self.cluster);
        match sim.chance.below(9) {
            0 if sim.strikes(Fault::Crash, 1) => cluster.crash(),
            1 if sim.strikes(Fault::Drain, 2) => drop(cluster.any().map(|node| node.drain())),
            2 if sim.strikes(Fault::BusBroken, 1) => match cluster.any().filter(|_| sim.chance.one_in(2)) {
                Some(node) => node.port.lose_connection(),
                None => cluster.wire.restart(),
            },
            3 if sim.strikes(Fault::Reload, 1) => drop(sim.chance.pick(&self.devices).map(Device::load)),
            4 if sim.plan.has(Fault::Restore) => {
                if sim.chance.one_in(2) {
                    cluster.back_up();
                } else if self.restore() {
                    sim.trace.count(Fault::Restore.name());
                }
            }
            5 if sim.strikes(Fault::Away, 1) => drop(sim.chance.pick(&self.devices).map(Device::leave)),
            7 if sim.strikes(Fault::Rewind, 2) => self.rewind(),
            8 if sim.strikes(Fault::Later, 2) => later::write(sim, &mut cluster.tables()),
            6 if sim.strikes(Fault::Flood, 4) => drop(sim.chance.pick(&self.devices).map(person::flood)),
            7 if sim.strikes(Fault::Narrow, 2) => person::fall_behind(&self.devices),
            _ => {}
        }
    }

    fn rewind(&self) {
        self.cluster.rewind(|before, after| {
            for device in &self.devices {
                device.lock().memory.lose(device.user.id, before, after);
            }
        });
    }

    fn restore(&self) -> bool {
        self.cluster.restore(|before, backup| {
            for device in &self.devices {
                let mut state = device.lock();
                let state = &mut *state;
                state.memory.forgive(device.user.id, state.engine.as_ref(), &state.disk, before, backup);
            }
        })
    }

    /// Nothing goes wrong any more: after a while everything must be as it should.
    async fn rest(&self) -> Result<(), String> {
        note!(self.sim, "rest");
        self.sim.calm_down();
        self.cluster.mend();
        for device in &self.devices {
            device.input(Input::ConnectNow);
        }
        let mut found = Ok(());
        for _ in 0..LOOKS {
            sleep(Duration::from_secs(5)).await;
            self.devices.iter().for_each(|device| device.check_silence());
            if let Some(failure) = self.sim.failure() {
                return Err(failure);
            }
            found = check(&self.devices).and_then(|()| self.cluster.deaf().map_or(Ok(()), Err));
            if found.is_ok() {
                break;
            }
        }
        found
    }
}
