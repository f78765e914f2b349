//! Revisions in the outbox: shown at once, undone if the server refuses them.

use super::{Entry, Intent, Outbox, Stage};
use crate::Revision;
use crate::saved::StorageWrite;
use protocol::{ClientFrame, ClientId, Message, Reaction, Rev, RoomId, Seq, UnixMillis, UserId};
use uuid::Uuid;

impl Outbox {
    pub(crate) fn push_revision(
        &mut self,
        client_id: ClientId,
        room_id: RoomId,
        seq: Seq,
        revision: Revision,
        epoch: Option<Uuid>,
    ) {
        self.add(Entry::new(client_id, room_id, Intent::Revise { seq, revision }, epoch));
    }

    /// A stored row as this person left it, and whether something of that is on its way.
    pub(crate) fn revised(&self, me: UserId, row: &Message) -> (Message, bool) {
        let mut shown = row.clone();
        let mut any = false;
        for entry in self.of(row.room_id) {
            if let Intent::Revise { seq, revision } = &entry.intent
                && *seq == row.seq
            {
                apply(&mut shown, me, revision);
                any = true;
            }
        }
        (shown, any)
    }

    /// Marks a revision as stored under this number. Returns its room, if it was in flight.
    pub(crate) fn store_revision(&mut self, client_id: ClientId, rev: Rev) -> Option<RoomId> {
        let entry = self.find(client_id)?;
        let Intent::Revise { seq, .. } = entry.intent else { return None };
        entry.stage = Stage::Revised { rev };
        let room = entry.room_id;
        self.sent(StorageWrite::Sent { client_id, seq, rev, created_at: UnixMillis(0) });
        Some(room)
    }

    /// Removes a refused revision. Returns its room.
    pub(crate) fn refuse_revision(&mut self, client_id: ClientId) -> Option<RoomId> {
        let is_it = |entry: &Entry| entry.client_id == client_id && matches!(entry.intent, Intent::Revise { .. });
        let index = self.entries.iter().position(is_it)?;
        self.log.push(StorageWrite::Discarded(client_id));
        Some(self.entries.remove(index).room_id)
    }
}

pub(super) fn frame(client_id: ClientId, room_id: RoomId, seq: Seq, revision: &Revision) -> ClientFrame {
    match revision.clone() {
        Revision::Edit(body) => ClientFrame::Edit { client_id, room_id, seq, body },
        Revision::Delete => ClientFrame::Delete { client_id, room_id, seq },
        Revision::React { emoji, on } => ClientFrame::React { client_id, room_id, seq, emoji, on },
    }
}

/// What the server will make of the row.
fn apply(row: &mut Message, me: UserId, revision: &Revision) {
    match revision {
        Revision::Edit(body) => {
            row.body.clone_from(body);
            // The device's clock is no label for what the server will date; any time says that it was edited.
            row.edited_at = row.edited_at.or(Some(row.created_at));
        }
        Revision::Delete => {
            row.body.clear();
            row.reactions.clear();
            row.deleted_at = row.deleted_at.or(Some(row.created_at));
        }
        Revision::React { emoji, on } => {
            Reaction::set(&mut row.reactions, emoji, me, *on);
        }
    }
}
