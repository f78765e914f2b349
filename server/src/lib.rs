//! Jackdaw's server, as a library so that tests and the load driver start a node exactly as `main` does.

pub mod store;
