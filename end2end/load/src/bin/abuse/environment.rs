//! One attack's own database, nodes and people.

use crate::http::Http;
use protocol::RoomId;
use sqlx::{Connection, PgConnection};
use std::net::SocketAddr;
use std::time::Duration;
use testbed::population::Plan;
use testbed::servers::{Cluster, Place, Postgres, Redis, SECRET};
use testbed::{Error, Person, Population};
use uuid::Uuid;

/// What all environments share.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    pub(crate) is_short: bool,
}

/// What an attack needs other than one node with its default settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) nodes: usize,
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

impl Needs {
    /// One node as it is shipped.
    pub(crate) const DEFAULT: Self = Self { nodes: 1, settings: &[] };
}

/// See the module's documentation. Dropping it ends the nodes.
pub(crate) struct Environment {
    pub(crate) url: String,
    pub(crate) cluster: Cluster,
    pub(crate) population: Population,
    /// Everybody.
    pub(crate) general: RoomId,
    /// The two honest people's own room.
    pub(crate) quiet: RoomId,
    pub(crate) is_short: bool,
    pub(crate) folder: std::path::PathBuf,
    pub(crate) http: Http,
}

/// People by number: the attacker, two honest people who talk, a victim, and somebody who shares no room with the attacker.
const PEOPLE: usize = 5;

impl Environment {
    pub(crate) async fn set(world: &World, name: &str, needs: Needs) -> Result<Self, Error> {
        let run = name.replace('-', "_");
        let url = world.postgres.database(&format!("abuse_{run}")).await?;
        let usual = [("RUST_LOG", "info,server=debug".to_owned())];
        let own = needs.settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let settings: Vec<_> = usual.into_iter().chain(own).collect();
        let count = needs.nodes;
        let cluster = Cluster::jackdaw(&world.place, &run, count, &url, world.redis.address, &settings).await?;
        let plan = Plan { people: PEOPLE, rooms_each: 0, members: (1, 1) };
        let mut population = Population::invent(SECRET, plan, &mut fastrand::Rng::new())?;
        let general = add_room(&mut population, &[0, 1, 2, 3]);
        let quiet = add_room(&mut population, &[1, 2]);
        add_room(&mut population, &[4]);
        population.store(&url).await?;
        let http = Http::new(cluster.nodes[0].address)?;
        let (is_short, folder) = (world.is_short, world.place.folder.clone());
        Ok(Self { url, cluster, population, general, quiet, is_short, folder, http })
    }

    pub(crate) fn attacker(&self) -> &Person {
        &self.population.people[0]
    }

    pub(crate) fn honest(&self, number: usize) -> &Person {
        &self.population.people[1 + number]
    }

    pub(crate) fn victim(&self) -> &Person {
        &self.population.people[3]
    }

    pub(crate) fn stranger(&self) -> &Person {
        &self.population.people[4]
    }

    pub(crate) fn node(&self) -> SocketAddr {
        self.cluster.nodes[0].address
    }

    /// How long an attack without an end of its own goes on.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs(if self.is_short { 2 } else { 8 })
    }

    pub(crate) async fn sql(&self) -> Result<PgConnection, Error> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// Rooms of these people that each begin with `rows` messages of the attacker, as if it had taken a long time.
    pub(crate) async fn fill_rooms(
        &self,
        rooms: i32,
        rows: i32,
        body: &str,
        members: &[Uuid],
    ) -> Result<Vec<RoomId>, Error> {
        let mut sql = self.sql().await?;
        let ids: Vec<Uuid> = (0..rooms).map(|_| Uuid::now_v7()).collect();
        sqlx::query(
            "insert into rooms (id, kind, name, members_count, last_seq, created_at)
             select id, 1, 'Pit ' || number, $2, $3, 0 from unnest($1::uuid[]) with ordinality as new (id, number)",
        )
        .bind(&ids)
        .bind(i64::try_from(members.len())?)
        .bind(i64::from(rows))
        .execute(&mut sql)
        .await?;
        sqlx::query(
            "insert into members (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
             select room, person, 0, 0, 0, 0 from unnest($1::uuid[]) as room, unnest($2::uuid[]) as person",
        )
        .bind(&ids)
        .bind(members)
        .execute(&mut sql)
        .await?;
        self.fill(&ids, 1, rows, body).await?;
        Ok(ids.into_iter().map(RoomId).collect())
    }

    /// Messages of the attacker with the numbers `from` to `to` in each of these rooms.
    pub(crate) async fn fill(&self, rooms: &[Uuid], from: i32, to: i32, body: &str) -> Result<(), Error> {
        let mut sql = self.sql().await?;
        sqlx::query(
            "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
             select room, seq, $2, gen_random_uuid(), 0, $5, 0
             from unnest($1::uuid[]) as room, generate_series($3::int, $4::int) as seq",
        )
        .bind(rooms)
        .bind(self.attacker().user.id.0)
        .bind(from)
        .bind(to)
        .bind(body)
        .execute(&mut sql)
        .await?;
        sqlx::query("update rooms set last_seq = $2 where id = any ($1)")
            .bind(rooms)
            .bind(i64::from(to))
            .execute(&mut sql)
            .await?;
        Ok(())
    }
}

fn add_room(population: &mut Population, members: &[usize]) -> RoomId {
    let id = RoomId(Uuid::now_v7());
    for number in members {
        population.people[*number].rooms.push(id);
    }
    population.rooms.push((id, members.to_vec()));
    id
}
