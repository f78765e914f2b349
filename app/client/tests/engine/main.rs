//! The engine from outside: inputs by hand, effects looked at; and at random against a model of the server.

mod awareness;
mod chaos;
mod connection;
mod device;
mod model;
mod outbox;
mod people;
mod reactions;
mod references;
mod restoring;
mod rooms;
mod saving;
mod silence;
mod snapshot;
mod sync;
mod tabs;
mod timeline;
mod unread;
mod versions;
mod world;
