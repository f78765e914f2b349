//! Rules at work on two nodes over a model of the store.

mod entering;
mod filling;
mod repairing;
mod storm;
