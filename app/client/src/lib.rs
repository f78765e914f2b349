//! The sync engine: a pure state machine between a person, a server and a screen.
//!
//! Inputs go in (a frame arrived, a person did something, a timer fired, a page of history came), effects come out
//! (frames to send, pages to fetch, timers to set, views that changed). There is no clock, no randomness, no socket and
//! no DOM in here: time and random numbers are handed in with every input. The browser runs it as WASM, the load
//! driver natively, the tests step it by hand: the code that is proven is the code that ships.

mod answer;
mod awareness;
mod backoff;
pub mod bounds;
mod connection;
mod effect;
mod engine;
mod fetcher;
mod input;
mod marks;
mod mechanism;
mod outbox;
mod people;
mod persistence;
mod room;
mod rooms;
mod row;
mod saved;
mod timeline;
mod timers;

pub use connection::ConnectionState;
pub use effect::{Effect, View};
pub use engine::Engine;
pub use input::{HistoryRequest, Input, Now, Revision};
pub use mechanism::Mechanism;
pub use row::{Row, RowState};
pub use saved::{Failure, RoomRecord, Saved, StorageWrite, Unsent, Wish};
