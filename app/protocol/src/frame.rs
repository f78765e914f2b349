//! Frames on the WebSocket: JSON text, `{"type": "…", "data": {…}}`, one enum a direction.
//!
//! Compatibility: unknown fields are ignored, and unknown words (kind, event, role, state, code) become `Unknown`. An
//! unknown frame type is an error that names it; the page counts such a frame and skips it (see [`crate::Incoming`]).

mod client;
mod server;

pub use client::ClientFrame;
pub use server::ServerFrame;
