//! Servers, people and connections of one row of the table, and what is measured on them.

use crate::client_processes::ClientProcesses;
use crate::pipe::{Participant, RoomPlan, Tally};
use crate::target::Target;
use crate::usage;
use serde::Serialize;
use std::time::Duration;
use testbed::population::Plan;
use testbed::servers::{Cluster, Place, Postgres, Redis, SECRET};
use testbed::{Error, Population};
use tokio::time::sleep;

/// Before what counts: subscriptions are made, statements prepared, hot code compiled.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// How long the last messages of a step may take to arrive.
pub(crate) const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(20);
/// Until the memory of a node is looked at.
const CALM: Duration = Duration::from_secs(1);
/// Limits that are for strangers, which these clients look like: 0 is none. Each may be set from outside.
const SETTINGS: [(&str, &str); 8] = [
    ("MAX_CONNECTIONS", "100000"),
    ("CONNECTIONS_PER_SECOND", "100000"),
    ("MESSAGES_PER_SECOND", "0"),
    ("FRAMES_PER_SECOND", "0"),
    ("REQUESTS_PER_SECOND", "0"),
    ("LOGINS_PER_MINUTE", "0"),
    ("RUST_LOG", "warn"),
    ("DRAIN_SECONDS", "5"),
];

/// What all environments share.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    /// Environments so far; each has a database of its own.
    pub(crate) environments: usize,
}

impl World {
    /// An empty database, and the name of its environment.
    pub(crate) async fn database(&mut self) -> Result<(String, String), Error> {
        self.environments += 1;
        let name = format!("environment{}", self.environments);
        Ok((self.postgres.database(&name).await?, name))
    }
}

/// One row of the table, as it is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    pub(crate) nodes: usize,
    pub(crate) connections: usize,
    /// Of each room.
    pub(crate) members: usize,
    /// Messages a second.
    pub(crate) rate: f64,
    pub(crate) length: Duration,
    /// New connections a second.
    pub(crate) pace: u32,
    /// Client processes at least.
    pub(crate) processes: usize,
    /// Of a hundred connections, how many are on the first node; none spreads them evenly.
    pub(crate) on_first: Option<usize>,
    /// Connections, of all rooms alike, that send nothing and may be told to stop reading.
    pub(crate) slow: usize,
    /// Characters of a message.
    pub(crate) body: usize,
    /// Whether the connections are held by real engines.
    pub(crate) are_engines: bool,
}

/// Seconds of processor time.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cpu {
    pub(crate) nodes: f64,
    pub(crate) postgres: f64,
    pub(crate) redis: f64,
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            nodes: self.nodes - earlier.nodes,
            postgres: self.postgres - earlier.postgres,
            redis: self.redis - earlier.redis,
        }
    }
}

impl std::ops::Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            postgres: self.postgres + other.postgres,
            redis: self.redis + other.redis,
        }
    }
}

impl Cpu {
    pub(crate) fn all(self) -> f64 {
        self.nodes + self.postgres + self.redis
    }
}

/// See the module's documentation.
pub(crate) struct Environment {
    pub(crate) case: Case,
    /// Of its database.
    pub(crate) url: String,
    pub(crate) population: Population,
    pub(crate) cluster: Cluster,
    pub(crate) client_processes: ClientProcesses,
    /// Kilobytes of all nodes together, before the connections.
    pub(crate) base_kb: u64,
    /// And with them.
    pub(crate) full_kb: u64,
}

impl Environment {
    /// Returns once everybody is connected and has talked a little.
    pub(crate) async fn set(world: &mut World, case: Case) -> Result<Self, Error> {
        if case.are_engines && case.target != Target::Jackdaw {
            return Err("engines speak to jackdaw alone".into());
        }
        let (url, run) = world.database().await?;
        let cluster = start(world, &case, &run, &url).await?;
        let plan = Plan { people: case.connections, rooms_each: 1, members: (case.members, case.members) };
        let mut random = fastrand::Rng::with_seed(1);
        let population = match case.target {
            Target::Jackdaw => Population::gather(&url, SECRET, plan, &mut random).await?,
            Target::SocketIo => Population::invent(SECRET, plan, &mut random)?,
        };
        sleep(CALM).await;
        let base_kb = resident_kb(&cluster);
        let rooms = view(&population, &case);
        let mut client_processes = ClientProcesses::enter(&case, &cluster.addresses(), rooms).await?;
        sleep(CALM).await;
        let full_kb = resident_kb(&cluster);
        if case.rate > 0.0 {
            client_processes.go(case.rate, WARM_UP, ARRIVAL_TIMEOUT).await?;
        }
        Ok(Self { case, url, population, cluster, client_processes, base_kb, full_kb })
    }

    /// Everybody talks at this rate for as long as the case says.
    pub(crate) async fn measure(&mut self, world: &World, rate: f64) -> Result<(Tally, Cpu), Error> {
        let before = self.cpu(world);
        let tally = self.client_processes.go(rate, self.case.length, ARRIVAL_TIMEOUT).await?;
        self.cluster.check()?;
        Ok((tally, self.cpu(world) - before))
    }

    /// Megabytes of all nodes together.
    pub(crate) fn resident_mb(&self) -> f64 {
        resident_kb(&self.cluster) as f64 / 1_024.0
    }

    /// Open descriptors of all nodes together, most of which are connections.
    pub(crate) fn descriptors(&self) -> usize {
        self.cluster.nodes.iter().filter_map(|node| node.pid()).map(usage::descriptors).sum()
    }

    /// Everybody's views, for a client_processes.
    pub(crate) fn views(&self) -> Vec<RoomPlan> {
        view(&self.population, &self.case)
    }

    pub(crate) fn cpu(&self, world: &World) -> Cpu {
        let of = |pid: Option<u32>| pid.map_or(0.0, usage::cpu_seconds);
        Cpu {
            nodes: self.cluster.nodes.iter().map(|node| of(node.pid())).sum(),
            postgres: of(world.postgres.pid()),
            redis: of(world.redis.pid()),
        }
    }
}

/// The nodes of a case, on this database.
pub(crate) async fn start(world: &World, case: &Case, run: &str, url: &str) -> Result<Cluster, Error> {
    let (place, redis) = (&world.place, world.redis.address);
    match case.target {
        Target::Jackdaw => {
            // Variables that are set outside are passed to the nodes.
            let settings = SETTINGS.map(|(name, usual)| (name, std::env::var(name).unwrap_or_else(|_| usual.into())));
            Cluster::jackdaw(place, run, case.nodes, url, redis, &settings).await
        }
        Target::SocketIo => {
            let peer =
                std::env::var("LOAD_PEERS").map_err(|_| "LOAD_PEERS is not set: run this by end2end/load/run")?;
            let program = format!("{peer}/socketio/index.js");
            Cluster::start(case.nodes, |number, address| {
                place
                    .program("node", &format!("{run}-peer{number}"))
                    .args([&program])
                    .env("NODE_ENV", "production")
                    .env("HOST", address.ip().to_string())
                    .env("PORT", address.port().to_string())
                    .env("DATABASE_URL", url)
                    .env("REDIS_URL", format!("redis://{redis}"))
            })
            .await
        }
    }
}

/// Everybody to a node: the members of a room are spread over all.
fn view(population: &Population, case: &Case) -> Vec<RoomPlan> {
    let mut number = 0;
    let slow = case.slow.div_ceil(population.rooms.len().max(1));
    let rooms = population.rooms.iter().map(|(id, members)| {
        let participants = members.iter().enumerate().map(|(place, member)| {
            let person = &population.people[*member];
            let node = node_of(number, case);
            number += 1;
            let is_slow = place + slow >= members.len() && place > 0;
            Participant { user: person.user.id, token: person.token.clone(), node, is_slow }
        });
        RoomPlan { id: *id, members: participants.collect() }
    });
    rooms.collect()
}

fn node_of(number: usize, case: &Case) -> usize {
    match case.on_first {
        Some(percent) if number % 100 < percent => 0,
        Some(_) => 1 + number % (case.nodes - 1),
        None => number % case.nodes,
    }
}

fn resident_kb(cluster: &Cluster) -> u64 {
    cluster.nodes.iter().filter_map(|node| node.pid()).map(usage::resident_kb).sum()
}
