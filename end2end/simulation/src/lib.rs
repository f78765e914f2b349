//! The proof: real engines and real nodes under every fault that we can think of, in virtual time and one thread, each
//! run drawn from a seed. At rest the invariants of delivery must hold; with a mechanism switched off they must not.
//!
//! `make prove` runs thousands of seeds, `SEED=7 make prove` one; `cargo test` runs a few (tests/seeds.rs).
//!
//! Architecture invariant: no HTTP and no page. What is run is the engine, the crate `chat`, and the model of the store.

#![expect(clippy::unwrap_used, reason = "a broken assumption of the simulator ends the run, and the seed is printed")]

mod check;
mod cluster;
mod device;
mod fault_hook;
mod later;
mod link;
mod memory;
mod node;
mod person;
mod plan;
mod sim;
mod trace;
mod watch;
mod wire;
mod world;

pub use plan::{Fault, Mutation};
pub use world::{Failure, Report};

/// Runs one seed to its end, with these faults at least, and with a mechanism switched off or none. A failure has the last `lines`
/// lines of what happened.
///
/// # Errors
/// What does not hold, where an invariant is violated.
pub fn run(seed: u64, faults: &[Fault], mutation: Option<Mutation>, lines: usize) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(world::run(seed, faults, mutation, lines))
}
