//! The store as plain tables in memory, for the simulation: small enough to be correct by inspection, and covered by the
//! same story test as the two engines. Every call passes a [`FaultHook`], which injects delays and faults.
//!
//! Each trait is implemented in the module of its name.

mod accounts;
mod administration;
mod bans;
mod blocks;
mod consent;
mod epochs;
mod maintenance;
mod marks;
mod members;
mod messages;
mod people;
mod reports;
mod revisions;
mod rooms;
mod sessions;
mod tables;

use crate::{Append, Error, Result};
use protocol::RoomId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
pub use tables::{Room, Tables};

/// Injects delays and faults between a caller and the tables. By default it does nothing.
#[async_trait::async_trait]
pub trait FaultHook: Send + Sync + 'static {
    /// Before the call: an error means that nothing happened.
    async fn enter(&self, _call: Call) -> Result<()> {
        Ok(())
    }
    /// Whether somebody else holds this room's lock.
    fn is_locked(&self, _room: RoomId) -> bool {
        false
    }
    /// Whether a batch of messages cannot be stored, by a fault that stays.
    fn breaks(&self, _batch: &[Append]) -> bool {
        false
    }
    /// Rows of this room are read, which they may not allow.
    fn read_room(&self, _room: RoomId) -> Result<()> {
        Ok(())
    }
    /// After the commit: an error means that only the answer is lost.
    async fn leave(&self, _call: Call) -> Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

/// One handle on the tables. Nodes share the tables; each has its own hook.
pub struct Model {
    tables: Arc<Mutex<Tables>>,
    hook: Arc<dyn FaultHook>,
}

impl Model {
    pub fn new(tables: Arc<Mutex<Tables>>, hook: Arc<dyn FaultHook>) -> Self {
        Self { tables, hook }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read<T: Send>(&self, look: impl FnOnce(&Tables) -> T + Send) -> Result<T> {
        self.hook.enter(Call::Read).await?;
        let answer = look(&self.lock());
        self.hook.leave(Call::Read).await?;
        Ok(answer)
    }

    /// One transaction: nobody sees the tables in the middle of it.
    async fn write<T: Send>(&self, work: impl FnOnce(&mut Tables) -> Result<T> + Send) -> Result<T> {
        self.hook.enter(Call::Write).await?;
        let answer = work(&mut self.lock());
        self.hook.leave(Call::Write).await?;
        answer
    }
}

/// The simulation signs nobody in and searches for nobody.
fn absent<T>() -> Result<T> {
    Err(Error::Internal("not part of the simulation".into()))
}
