//! Blocks of people by people: list, block, unblock. What a block prevents is decided where rooms are made and messages stored.
//!
//! A block also hides presence and typing. For that each node holds the blocks of its people in memory: it reads them when a
//! person connects, follows its own changes at once, and reads all of them again when `accounts_rev` has moved.

use super::Chat;
use crate::Error;
use protocol::UserId;

/// People whose blocks one query reads.
pub const BLOCKS_BATCH: usize = 100;

impl Chat {
    /// Blocks a person.
    pub async fn block(&self, user: UserId, blocked: UserId) -> Result<(), Error> {
        if user == blocked {
            return Err(Error::Invalid("user: you cannot block yourself.".into()));
        }
        self.store.create_block(user, blocked, self.clock.now()).await?;
        self.hub.set_block(user, blocked, true);
        Ok(())
    }

    /// Ends a block. Does nothing where there is none.
    pub async fn unblock(&self, user: UserId, blocked: UserId) -> Result<(), Error> {
        self.store.delete_block(user, blocked).await?;
        self.hub.set_block(user, blocked, false);
        Ok(())
    }

    /// All people that a person blocks, the latest first.
    pub async fn list_blocks(&self, user: UserId) -> Result<Vec<UserId>, Error> {
        Ok(self.store.list_blocks(user).await?)
    }

    /// Reads the blocks of a person with a new connection, unless this node has them already.
    pub(super) async fn read_own_blocks(&self, user: UserId) -> Result<(), Error> {
        if !self.hub.needs_blocks(user) {
            return Ok(());
        }
        let _permit = self.catch_up_permit().await?;
        self.read_blocks_by(&[user], self.hub.blocks_version()).await
    }

    /// Reads all blocks that are in use here again.
    pub(super) async fn follow_blocks(&self) -> Result<(), Error> {
        let (version, mut after) = (self.hub.begin_blocks_version(), None);
        loop {
            let users = self.hub.people_with_blocks(after, BLOCKS_BATCH);
            let Some(last) = users.last() else { return Ok(()) };
            after = Some(*last);
            self.read_blocks_by(&users, version).await?;
        }
    }

    /// Whether blocks may have changed while they were read. Returns true once.
    pub(crate) fn take_stale_blocks(&self) -> bool {
        self.hub.take_stale_blocks()
    }

    async fn read_blocks_by(&self, users: &[UserId], version: u64) -> Result<(), Error> {
        let blocks = self.store.list_blocks_by(users).await?;
        self.hub.set_blocks(users, &blocks, version);
        Ok(())
    }
}
