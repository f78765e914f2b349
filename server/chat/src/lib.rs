//! Chat: the rules about rooms and messages, the connections of a node, and the bus between nodes.
//!
//! Imports point downwards only: `background`, `socket` ► `rules`, `budget` ► `hub` ► `bus`, `outbound`. The crate `store` is
//! below `rules`; `hub` does not know it. With the feature `testing` there are fake clients and switches for mechanisms, for tests
//! and the simulator.
//!
//! Architecture invariant: no HTTP. Whatever accepts connections hands over a byte stream ([`outbound::UpgradableStream`]) and
//! what comes from its WebSocket ([`socket::Incoming`]). Nothing is global.

pub mod background;
pub mod budget;
pub mod bus;
pub mod clock;
pub mod error;
pub mod hub;
pub mod metrics;
pub mod names;
pub mod outbound;
pub mod rules;
pub mod socket;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use budget::Budget;
pub use error::Error;
pub use hub::{Connection, Hub};
pub use metrics::Metrics;
pub use rules::Chat;
#[cfg(any(test, feature = "testing"))]
pub use rules::Mechanism;
