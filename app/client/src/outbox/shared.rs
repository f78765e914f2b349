//! The outbox beyond this page: what earlier pages left, and what other tabs type, send and discard.

use super::{Entry, Intent, Outbox, Stage};
use crate::Revision;
use crate::saved::{Failure, StorageWrite, Unsent, Wish};
use protocol::{ClientId, Message, MessageKind, Rev, RoomId, Seq, UnixMillis, User, without_control_characters};

impl Outbox {
    /// Takes the writes for the storage and other tabs, in order.
    pub(crate) fn take_log(&mut self) -> Vec<StorageWrite> {
        std::mem::take(&mut self.log)
    }

    /// Merges what the storage has. Returns the rooms that differ. Messages queued before the first restore are ordered after
    /// the restored ones; `last` is the highest order in the storage, also of messages that are not in `saved` and may be merged
    /// later.
    pub(crate) fn restore(&mut self, me: &User, saved: Vec<Unsent>, last: u64) -> Vec<RoomId> {
        let mut changed = Vec::new();
        // A message of another tab that is not in the storage any more was sent or discarded before this tab listened.
        self.entries.retain(|entry| {
            let listed = saved.iter().any(|unsent| unsent.client_id == entry.client_id);
            let stays = !entry.foreign || entry.is_stored() || listed;
            if !stays {
                changed.push(entry.room_id);
            }
            stays
        });
        if std::mem::replace(&mut self.restored, true) {
            self.last_order = self.last_order.max(last);
        } else {
            self.last_order += last;
            for entry in self.entries.iter_mut().filter(|entry| !entry.is_stored()) {
                entry.order += last;
                self.log.push(StorageWrite::Unsent(entry.unsent()));
            }
        }
        for unsent in saved {
            if self.find(unsent.client_id).is_none() {
                changed.push(unsent.room_id);
                self.insert(me, unsent);
            }
        }
        changed
    }

    /// A message that the storage has as unsent is among the rows here: it was stored, and its ack was lost.
    pub(crate) fn log_stored(&mut self, client_id: ClientId, seq: Seq, created_at: UnixMillis) {
        self.log.push(StorageWrite::Sent { client_id, seq, rev: Rev(0), created_at });
    }

    /// Merges an unsent message of another tab. Returns its room if anything differs.
    pub(crate) fn merge(&mut self, me: &User, unsent: Unsent) -> Option<RoomId> {
        let room = unsent.room_id;
        let Some(entry) = self.find(unsent.client_id) else {
            self.insert(me, unsent);
            return Some(room);
        };
        let known = entry.unsent();
        if entry.is_stored() || unsent.order < known.order {
            return None;
        }
        // The leader dropped the reference. The other way round it would come back.
        let lost_reference = known.wish.has_reference() && !unsent.wish.has_reference();
        if lost_reference {
            entry.drop_reference();
        } else if (known.order, &known.failed) == (unsent.order, &unsent.failed) {
            return None;
        }
        if known.failed != unsent.failed {
            entry.stage = Stage::of(unsent.failed);
        }
        if let Some(index) = self.entries.iter().position(|entry| entry.client_id == unsent.client_id) {
            let entry = self.entries.remove(index);
            self.place(Entry { order: unsent.order, ..entry });
        }
        Some(room)
    }

    fn insert(&mut self, me: &User, unsent: Unsent) {
        self.place(Entry::foreign(me, unsent));
    }

    fn place(&mut self, entry: Entry) {
        self.last_order = self.last_order.max(entry.order);
        let place = |entry: &Entry| (entry.order, entry.client_id);
        let index = self.entries.iter().position(|other| place(other) > place(&entry)).unwrap_or(self.entries.len());
        self.entries.insert(index, entry);
    }
}

impl Entry {
    fn foreign(me: &User, unsent: Unsent) -> Self {
        let Unsent { order, client_id, room_id, epoch, wish, failed } = unsent;
        let intent = match wish {
            Wish::Send { body, reply_to, created_at } => {
                // Typed in an earlier version, perhaps, that refused less.
                let body = without_control_characters(body);
                Intent::Send(Box::new(message(me, client_id, room_id, body, reply_to, created_at)))
            }
            Wish::Revise { seq, revision: Revision::Edit(body) } => {
                Intent::Revise { seq, revision: Revision::Edit(without_control_characters(body)) }
            }
            Wish::Revise { seq, revision } => Intent::Revise { seq, revision },
        };
        let entry = Self::new(client_id, room_id, intent, epoch);
        Self { order, stage: Stage::of(failed), foreign: true, ..entry }
    }

    /// The record of an entry that is not stored by the server.
    pub(super) fn unsent(&self) -> Unsent {
        let failed = match &self.stage {
            Stage::Failed { reason, retryable } => Some(Failure { reason: reason.clone(), retryable: *retryable }),
            _ => None,
        };
        let wish = match &self.intent {
            Intent::Send(message) => {
                Wish::Send { body: message.body.clone(), reply_to: message.reply_to, created_at: message.created_at }
            }
            Intent::Revise { seq, revision } => Wish::Revise { seq: *seq, revision: revision.clone() },
        };
        let (order, client_id, room_id, epoch) = (self.order, self.client_id, self.room_id, self.epoch);
        Unsent { order, client_id, room_id, epoch, wish, failed }
    }
}

/// A text of this person's, without a number; with the device's time until the server's is known.
pub(crate) fn message(
    me: &User,
    client_id: ClientId,
    room_id: RoomId,
    body: String,
    reply_to: Option<Seq>,
    created_at: UnixMillis,
) -> Message {
    Message {
        room_id,
        seq: Seq(0),
        rev: Rev(0),
        sender_id: me.id,
        sender_name: me.display_name.clone(),
        client_id,
        kind: MessageKind::Text,
        body,
        event: None,
        reply_to,
        created_at,
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
    }
}

impl Stage {
    fn of(failed: Option<Failure>) -> Self {
        match failed {
            Some(Failure { reason, retryable }) => Self::Failed { reason, retryable },
            None => Self::Queued { not_before: 0 },
        }
    }
}
