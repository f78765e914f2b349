//! The server from outside: real listeners on free ports, real databases, a real Redis, HTTP and WebSocket clients.
//!
//! One program for all, so that it is linked once. Each test has servers and databases of its own.
#![cfg(test)]

mod accounts;
mod administration;
mod awareness;
mod backup;
mod bans;
mod blocks;
mod bus;
mod bytes;
mod cluster;
mod documents;
mod failover;
mod faults;
mod harness;
mod honest;
mod limits;
mod members;
mod messages;
mod nginx;
mod pages;
mod people;
mod program;
mod receipts;
mod renewing;
mod reports;
mod rooms;
mod secrets;
mod sessions;
mod slow;
mod socket;
mod stalls;
mod starting;
mod store;
mod sync;
mod writing;
