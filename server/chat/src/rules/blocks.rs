//! Blocks of people by people: list, block, unblock. What a block prevents is decided where rooms are made and messages stored.

use super::Chat;
use crate::Error;
use protocol::UserId;

impl Chat {
    /// Blocks a person.
    pub async fn block(&self, user: UserId, blocked: UserId) -> Result<(), Error> {
        if user == blocked {
            return Err(Error::Invalid("user: you cannot block yourself.".into()));
        }
        Ok(self.store.create_block(user, blocked, self.clock.now()).await?)
    }

    /// Ends a block. Does nothing where there is none.
    pub async fn unblock(&self, user: UserId, blocked: UserId) -> Result<(), Error> {
        Ok(self.store.delete_block(user, blocked).await?)
    }

    /// All people that a person blocks, the latest first.
    pub async fn list_blocks(&self, user: UserId) -> Result<Vec<UserId>, Error> {
        Ok(self.store.list_blocks(user).await?)
    }
}
