//! Messages: a batch goes in, pages come out.

use super::Model;
use super::tables::Tables;
use crate::digest::digest;
use crate::rules::append::{Known, Original, Sender, decide};
use crate::{Append, Appended, Error, HistoryRange, Limit, Messages, Result, Rows, cut};
use protocol::{ClientId, Message, Role, RoomId, UserId};
use std::collections::BTreeSet;

#[async_trait::async_trait]
impl Messages for Model {
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>> {
        if self.hook.breaks(batch) {
            return Err(Error::Internal("one of these cannot be stored".into()));
        }
        let rooms = batch.iter().map(|entry| entry.room_id);
        let locked: BTreeSet<_> = rooms.filter(|room| self.hook.is_locked(*room)).collect();
        self.write(|tables| {
            let mut known = Known::default();
            let mut answers = Vec::new();
            // Without the constraint no message is ever known to be a repeat, not even of one in the same batch.
            for part in batch.chunks(if tables.dedupes { batch.len().max(1) } else { 1 }) {
                tables.look(part, &mut known);
                known.locked.clone_from(&locked);
                let decided = decide(part, &mut known);
                if tables.keeps_refusals {
                    let at = part.first().map(|entry| entry.created_at);
                    let refused = |at| known.refused.iter().map(move |(id, refusal)| (*id, (*refusal, at)));
                    tables.refusals.extend(at.into_iter().flat_map(refused));
                }
                for message in decided.iter().filter_map(Appended::stored) {
                    if let Some(room) = tables.rooms.get_mut(&message.room_id) {
                        room.messages.push(message.clone());
                        tables.ids.insert((message.sender_id, message.client_id), (message.room_id, message.seq));
                    }
                }
                answers.extend(decided);
            }
            Ok(answers)
        })
        .await
    }

    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows> {
        self.read(|tables| {
            let Some(room) = tables.rooms.get(&room).filter(|room| room.may_see(viewer)) else {
                return Rows::default();
            };
            let end = room.head().next();
            let (centre, rows) = (range.centre(), limit.rows);
            // One more than is answered with, to see whether there is more.
            let limit_and_one = rows + 1;
            // The first number, and the first beyond the last.
            let (from, to) = match range {
                HistoryRange::Newest => (end.0 - limit_and_one, end.0),
                HistoryRange::Before(_) => (centre.0.min(end.0) - limit_and_one, centre.0),
                HistoryRange::After(_) => (centre.0.saturating_add(1), centre.0.saturating_add(1 + limit_and_one)),
                HistoryRange::Around(_) => {
                    let from = (centre.0 - rows / 2).max(1);
                    (from, from.saturating_add(limit_and_one))
                }
            };
            let mut messages: Vec<_> =
                room.messages.iter().filter(|message| (from..to).contains(&message.seq.0)).cloned().collect();
            let more = cut::nearest(&mut messages, centre, limit);
            if messages.is_empty() { Rows::default() } else { room.rows(messages, more) }
        })
        .await
    }
}

impl Tables {
    fn look(&self, batch: &[Append], known: &mut Known) {
        *known = Known::default();
        let ids = batch.iter().map(|entry| (entry.sender_id, entry.client_id));
        known.refused = ids.filter_map(|id| Some((id, self.refusals.get(&id)?.0))).collect();
        for entry in batch {
            let Some(room) = self.rooms.get(&entry.room_id) else { continue };
            known.heads.insert(entry.room_id, room.head());
            known.writers.insert(entry.room_id, room.writers());
            let role = room.role(entry.sender_id).unwrap_or(Role::Unknown);
            if let Some(user) = self.users.get(&entry.sender_id).filter(|user| room.members.contains_key(&user.id)) {
                let is_blocked = self.is_blocked_in(entry.room_id, user.id);
                let name = self.name(user.id).unwrap_or_default();
                let sender = Sender { name, role, is_blocked };
                known.members.insert((entry.room_id, user.id), sender);
            }
        }
        for entry in batch.iter().filter(|_| self.dedupes) {
            if let Some(original) = self.find_message(entry.sender_id, entry.client_id) {
                let name = (entry.sender_id, entry.client_id);
                let kept = self.digests.get(&name).cloned();
                let first_digest = if self.keeps_digests { kept } else { Some(digest(&original.body)) };
                known.originals.insert(name, Original { message: original.clone(), first_digest });
            }
        }
    }

    /// The message to which its sender gave this name.
    pub fn find_message(&self, sender: UserId, id: ClientId) -> Option<&Message> {
        let (room, seq) = self.ids.get(&(sender, id))?;
        self.rooms.get(room)?.messages.get(usize::try_from(seq.0 - 1).ok()?)
    }
}
