//! The epoch: one history of the database. A database that lost acknowledged commits (an asynchronous replica was promoted, a
//! backup restored) starts a new one: it assigns the same numbers again, so everything learned in the previous epoch is dropped.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use protocol::{CloseCode, RoomHead, ServerFrame};
use uuid::Uuid;

/// The longest random delay before a device reconnects.
pub const SPREAD_MS: u64 = 5_000;

impl Chat {
    pub async fn epoch(&self) -> Result<Uuid, Error> {
        if let Some(epoch) = *self.epoch.lock() {
            return Ok(epoch);
        }
        let read = self.store.epoch().await?;
        let epoch = *self.epoch.lock().get_or_insert(read);
        self.hub.enter_epoch(epoch);
        Ok(epoch)
    }

    /// The epoch to answer a `hello` with. A device that holds another one may come from a node that has noticed a new epoch before
    /// this one: then the database is asked, for the device would go back to the earlier epoch and drop references and rows.
    pub(crate) async fn epoch_beside(&self, held: Option<Uuid>) -> Result<Uuid, Error> {
        let known = self.epoch().await?;
        if held.is_none_or(|held| held == known) { Ok(known) } else { self.stored_epoch().await }
    }

    /// The epoch as the database has it now: of a page, which tells a device what it has stored of which epoch is worthless.
    pub async fn stored_epoch(&self) -> Result<Uuid, Error> {
        self.check_epoch().await?;
        self.epoch().await
    }

    /// Reads the epoch again. The database server's history, or another node, may have ended the known one.
    pub(super) async fn check_epoch(&self) -> Result<(), Error> {
        if self.mechanisms.has(Mechanism::EpochCheck) {
            let epoch = self.store.check_epoch(self.clock.id()).await?;
            self.enter_epoch(epoch);
        }
        Ok(())
    }

    /// Returns true if the database has less of a room than this node delivered in `epoch`: commits are lost, and a new epoch
    /// begins. `sent` must have been read before `stored`.
    pub(super) async fn check_lost(&self, epoch: Uuid, sent: &[RoomHead], stored: &[RoomHead]) -> Result<bool, Error> {
        let stored_of = |room| stored.iter().find(|stored| stored.0 == room);
        let is_less = |sent: &&RoomHead| stored_of(sent.0).is_some_and(|now| now.1 < sent.1 || now.2 < sent.2);
        let Some(lost) = sent.iter().find(is_less) else { return Ok(false) };
        tracing::error!(room = %lost.0, sent = %lost.1, "the database has less of a room than was delivered");
        let epoch = self.store.begin_epoch(epoch, self.clock.id()).await?;
        self.enter_epoch(epoch);
        Ok(true)
    }

    /// Enters an epoch. If the node was in another one, it forgets all heads, and its clients reconnect: they receive the new
    /// epoch, drop what they hold and send again what is not acknowledged in it.
    fn enter_epoch(&self, epoch: Uuid) {
        let before = self.epoch.lock().replace(epoch);
        // The nodes of an epoch use its own channels.
        self.hub.enter_epoch(epoch);
        if before.is_none_or(|before| before == epoch) {
            return;
        }
        tracing::error!(%epoch, "the database lost commits or was replaced: all devices synchronize again");
        self.sent_marks.clear();
        self.reset_people_rev();
        self.hub.delivery.forget_heads();
        for connection in self.connections() {
            let random = self.clock.id().as_u64_pair().1;
            connection.send(&ServerFrame::GoAway { retry_after_ms: random % SPREAD_MS });
            connection.close(CloseCode::GoingAway);
        }
    }
}

#[cfg(test)]
mod tests;
