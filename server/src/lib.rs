//! Jackdaw's server, as a library so that tests and the load driver start a node exactly as `main` does.
//!
//! Imports point downwards only: `run` ► `accept`, `router` ► `routes`, `socket`, `pages` ► `http` ► `auth` ► the crates `chat`
//! and `store`.
//! Architecture invariant: nothing is global. What lives long is a field of [`App`], made in [`run`].

mod accept;
mod app;
mod auth;
pub mod bounds;
pub mod config;
mod documents;
mod error;
mod health;
mod http;
mod limits;
mod metrics;
pub mod operate;
mod pages;
mod router;
mod routes;
mod run;
mod site;
mod socket;
pub mod telemetry;

pub use app::App;
pub use config::Config;
pub use error::Error;
pub use run::{RunError, listen, lock, migrate, restored, run};
