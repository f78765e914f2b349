//! Whether other nodes are there to listen. Where none is, a room's frames need not go over the bus, which costs a node that
//! is alone as much as all the rest of a small message.
//!
//! A node repeats its number every few seconds and hears itself. Only by that does it know that it would hear others: where
//! its echo came back several times and nobody else spoke, there is nobody. One that starts later speaks before it has any
//! room, and what it should have heard before that was heard it finds by comparing heads with the database.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Echoes without another voice between them after which a node is alone.
const ALONE_AFTER: u32 = 4;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Company {
    /// Echoes since another node was heard.
    echoes: AtomicU32,
    /// The number that was repeated last, and when, until it comes back.
    said: Mutex<Option<(u64, Instant)>>,
}

impl Company {
    /// The node repeats its number.
    pub(super) fn say(&self, number: u64) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, Instant::now()));
    }

    /// The node hears a number of its own: how long it was under way, where it was repeated on purpose.
    pub(super) fn echo(&self, number: u64) -> Option<Duration> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, at) = said.take_if(|(repeated, _)| *repeated == number)?;
        self.echoes.fetch_add(1, Ordering::Relaxed);
        Some(at.elapsed())
    }

    /// Another node was heard, or may have spoken without being heard.
    pub(super) fn hear(&self) {
        self.echoes.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_alone(&self) -> bool {
        self.echoes.load(Ordering::Relaxed) >= ALONE_AFTER
    }
}

#[cfg(test)]
mod tests;
