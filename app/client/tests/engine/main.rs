//! The engine from outside: inputs by hand, effects looked at; and at random against a model of the server.

mod chaos;
mod connection;
mod device;
mod model;
mod outbox;
mod rooms;
mod sync;
mod timeline;
mod unread;
mod world;
