//! One run's own database, nodes and devices, and its end.

use crate::World;
use crate::report::Report;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testbed::population::Plan;
use testbed::servers::{Cluster, SECRET};
use testbed::{Error, Participants, Population, Site};
use tokio::time::Instant;

const NODES: usize = 3;
/// With a second device for each fourth person these are 200 devices.
const PEOPLE: usize = 160;
const SECOND_DEVICE: usize = 4;
/// Between two messages: 150 a second.
const SEND_INTERVAL: Duration = Duration::from_micros(6_667);
const PLAN: Plan = Plan { people: PEOPLE, rooms_each: 2, members: (10, 20) };

/// See the module's documentation.
pub(crate) struct Environment {
    name: &'static str,
    url: String,
    cluster: Cluster,
    participants: Participants,
    /// The chance of those who talk.
    random: fastrand::Rng,
}

impl Environment {
    /// Returns once everybody is online and shows all their rooms. Nodes reach Redis at this address.
    pub(crate) async fn set(world: &World, name: &'static str, redis: SocketAddr) -> Result<Self, Error> {
        println!("→ {name}");
        let mut random = fastrand::Rng::with_seed(world.seed);
        let url = world.postgres.database(&format!("run_{name}")).await?;
        let cluster = Cluster::jackdaw(&world.place, name, NODES, &url, redis, &[]).await?;
        let population = Population::gather(&url, SECRET, PLAN, &mut random).await?;
        let site = Arc::new(Site::new(cluster.addresses())?);
        let participants = Participants::enter(&population, SECOND_DEVICE, &site, &mut random).await?;
        Ok(Self { name, url, cluster, participants, random })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets something fail while everybody talks.
    pub(crate) async fn during<T>(
        &mut self,
        failing: impl AsyncFnOnce(&mut Cluster, &Participants) -> Result<T, Error>,
    ) -> Result<T, Error> {
        tokio::select! {
            () = self.participants.talk(SEND_INTERVAL, &mut self.random) => Err("nobody talks any more".into()),
            done = failing(&mut self.cluster, &self.participants) => done,
        }
    }

    /// Waits for rest and compares.
    pub(crate) async fn end(mut self, notes: Vec<String>) -> Result<Report, Error> {
        self.cluster.check()?;
        let begun = Instant::now();
        let verdict = self.participants.settle(&self.url).await?;
        let rest = format!("at rest {:.1} s after the last message", begun.elapsed().as_secs_f64());
        for note in notes.iter().chain([&rest]) {
            println!("  {note}");
        }
        Ok(Report::of(self.name, &self.participants, verdict))
    }
}
