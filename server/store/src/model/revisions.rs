//! Edits, deletions and reactions; and what a device at a cursor did not have.

use super::Model;
use super::tables::Room;
use crate::digest::first_digest;
use crate::rules::revision::revise as decide;
use crate::rules::writing::Writing;
use crate::{Limit, Result, Revise, Revised, Revisions, Rows, cut};
use protocol::{Message, Rev, RoomId, Seq};

#[async_trait::async_trait]
impl Revisions for Model {
    async fn revise(&self, asked: &Revise) -> Result<Revised> {
        self.write(|tables| {
            let is_blocked = tables.is_blocked_in(asked.room_id, asked.user_id);
            let Some(room) = tables.rooms.get_mut(&asked.room_id) else { return Ok(Revised::NotMember) };
            let Some(role) = room.role(asked.user_id) else { return Ok(Revised::NotMember) };
            let name = (asked.user_id, asked.client_id);
            if let Some((room, seq, rev)) = tables.revisions.get(&name).filter(|_| tables.dedupes) {
                let same = (*room, *seq) == (asked.room_id, asked.seq);
                return Ok(if same { Revised::Repeated(*rev) } else { Revised::Conflict });
            }
            let writing = Writing { writers: room.writers(), role, is_blocked };
            let place = usize::try_from(asked.seq.0 - 1).ok();
            let Some(message) = place.and_then(|place| room.messages.get_mut(place)) else {
                return Ok(Revised::NotFound);
            };
            let revised = decide(message.clone(), writing, asked, room.last_rev.next());
            if let Revised::Stored(row) = &revised {
                room.last_rev = row.rev;
                if let Some(first) = first_digest(message, row) {
                    tables.digests.insert((message.sender_id, message.client_id), first);
                }
                *message = row.clone();
                tables.revisions.insert(name, (asked.room_id, asked.seq, row.rev));
            }
            Ok(revised)
        })
        .await
    }

    async fn list_changes(&self, room: RoomId, (seq, rev): (Seq, Rev), limit: Limit) -> Result<Option<Rows>> {
        self.hook.read_room(room)?;
        self.read(|tables| {
            // Revised rows first, then new ones.
            let room = tables.rooms.get(&room)?;
            let known = usize::try_from(seq.0).unwrap_or(0).min(room.messages.len());
            let (known, new) = room.messages.split_at(known);
            let mut changed: Vec<_> = known.iter().filter(|message| message.rev > rev).collect();
            changed.sort_by_key(|message| message.rev);
            let mut rows: Vec<Message> = changed.into_iter().chain(new).cloned().collect();
            let more = cut::first(&mut rows, limit);
            Some(room.rows(rows, more))
        })
        .await
    }
}

impl Room {
    pub(super) fn rows(&self, messages: Vec<Message>, more: bool) -> Rows {
        Rows { messages, last_seq: self.head(), last_rev: self.last_rev, more }
    }
}
