//! The outbox in a new epoch (the database was restored from a backup), in which a number may mean another message: messages are sent
//! again, without references to numbers of another epoch.

use super::{Entry, Intent, Outbox, Stage};
use crate::saved::StorageWrite;
use protocol::RoomId;
use uuid::Uuid;

impl Outbox {
    /// A new epoch began: the database may not have what it had acknowledged, so every message is sent again. Changes of
    /// stored messages are given up.
    pub(crate) fn start_over(&mut self, epoch: Uuid) {
        self.retain(|entry| matches!(entry.intent, Intent::Send(_)) || entry.epoch == Some(epoch));
        for entry in self.entries.iter_mut().filter(|entry| !matches!(entry.stage, Stage::Failed { .. })) {
            if entry.is_stored() {
                self.log.push(StorageWrite::Unsent(entry.unsent()));
            }
            entry.stage = Stage::Queued { not_before: 0 };
        }
    }

    /// Drops references to numbers of other epochs: replies lose their reference, revisions are discarded. Returns the rooms that
    /// differ.
    pub(crate) fn drop_references(&mut self, epoch: Uuid) -> Vec<RoomId> {
        let is_stale = |entry: &Entry| !entry.is_stored() && entry.epoch.is_some_and(|of| of != epoch);
        let changed = self.entries.iter().filter(|entry| is_stale(entry)).map(|entry| entry.room_id).collect();
        self.retain(|entry| matches!(entry.intent, Intent::Send(_)) || !is_stale(entry));
        for entry in self.entries.iter_mut().filter(|entry| is_stale(entry)) {
            entry.drop_reference();
            self.log.push(StorageWrite::Unsent(entry.unsent()));
        }
        changed
    }
}

impl Entry {
    /// Of a reply, the message stays.
    pub(super) fn drop_reference(&mut self) {
        if let Intent::Send(message) = &mut self.intent {
            message.reply_to = None;
            self.epoch = None;
        }
    }
}
