//! Jackdaw's server, as a library so that tests and the load driver start a node exactly as `main` does.
//!
//! Imports point downwards only: `run` ► `router` ► `routes`, `socket`, `pages` ► `chat`, `auth` ► `store`, `hub` ► `bus`, `outbound`.
//! Architecture invariant: nothing is global. What lives long is a field of [`App`], made in [`run`].

mod app;
mod auth;
pub mod bounds;
mod bus;
mod chat;
mod clock;
pub mod config;
mod error;
mod http;
mod hub;
mod limits;
mod metrics;
mod outbound;
mod pages;
mod router;
mod routes;
mod run;
#[cfg(test)]
mod simulation;
mod site;
mod socket;
pub mod telemetry;

pub use app::App;
pub use config::Config;
pub use error::Error;
pub use run::{RunError, listen, migrate, restored, run};

/// What the tests of the parts need to see of them.
pub mod testing {
    pub use crate::bus::{Bus, BusEvent, memory::Exchange, redis::RedisBus};
}
