//! Jackdaw's page: Leptos views over the sync engine in `client`.
//!
//! The server renders the views from a [`Boot`] and embeds it; the browser reads it again, builds the same views over the
//! same engine, and takes over. `pages` are made of `components`, which read signals in `state`; only `dom`, `socket` and
//! `storage` touch the browser, and each has a twin of the same shape that does nothing, for rendering on the server.

// A view is a type as deep as its markup, and what it becomes is several times deeper.
#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "the component macro makes what it generates pub, whatever the component is")]

mod boot;
mod components;
mod lazy;
mod links;
mod pages;
mod routes;
mod state;
mod time;
mod view;
mod words;

#[cfg(feature = "hydrate")]
mod dom;
#[cfg(not(feature = "hydrate"))]
#[path = "dom_absent.rs"]
mod dom;

#[cfg(feature = "hydrate")]
mod socket;
#[cfg(not(feature = "hydrate"))]
#[path = "socket_absent.rs"]
mod socket;

#[cfg(feature = "hydrate")]
mod storage;
#[cfg(not(feature = "hydrate"))]
#[path = "storage_absent.rs"]
mod storage;

#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "hydrate")]
mod start;

pub use boot::{About, Boot, BootPage, Form};
#[cfg(feature = "ssr")]
pub use shell::shell;
#[cfg(feature = "hydrate")]
pub use start::hydrate;
pub use time::{full as full_time, iso as iso_time};
pub use words::members;
