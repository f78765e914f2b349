//! The programs that a run is about, each started for it alone: PostgreSQL, Redis and the nodes. Dropping one ends it.

mod cluster;
mod place;
mod postgres;
mod program;
mod redis;

pub use cluster::{Cluster, Node, SECRET};
pub use place::Place;
pub use postgres::Postgres;
pub use program::{Program, READY_TIMEOUT};
pub use redis::Redis;
