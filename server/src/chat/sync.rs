//! Bringing a device on from its cursor: what it missed in batches, or the newest page where that is too much.
//!
//! Nothing is remembered of a device between two batches: each asks with the cursor that it has reached.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use crate::store::{HistoryRange, Rows};
use protocol::limits::{BATCH_ROWS, RESET_ROWS};
use protocol::{Cursor, Rev, RoomId, Seq, ServerFrame, UserId};

/// Rooms whose heads are one query, compared without giving way to others.
pub(crate) const HEADS_BATCH: usize = 500;

impl Chat {
    /// What follows the cursor, as a frame, and whether there is more. A device may hold a room, by the answer to a request,
    /// that its person is not in here: the database says which of the two is out of date.
    pub(crate) async fn catch_up(&self, user: UserId, cursor: Cursor) -> Result<(ServerFrame, bool), Error> {
        let Cursor(room, seq, rev) = cursor;
        if !self.hub.is_in(user, room) && !self.admit(user, room).await? {
            return Ok((ServerFrame::RoomGone { room_id: room }, false));
        }
        if let Some(rows) = self.recent_messages(room, (seq, rev)) {
            return Ok((batch(room, (seq, rev), rows), false));
        }
        let _permit = self.catch_up_permit().await?;
        let rows = self.store.list_changes(room, (seq, rev), self.reach.batch()).await?.ok_or(super::NO_ROOM)?;
        self.metrics.caught_up.inc();
        self.cache_recent(room, seq, &rows);
        if is_too_far(&rows, (seq, rev)) {
            let room_now = self.find_room(user, room).await?;
            let page = self.store.list_messages(user, room, HistoryRange::Newest, self.reach.reset()).await?;
            let to = (page.last_seq, page.last_rev);
            self.metrics.resets.inc();
            return Ok((ServerFrame::Reset { room: room_now, rows: page.messages, to }, false));
        }
        let batch = batch(room, (seq, rev), rows);
        let more = matches!(batch, ServerFrame::Offline { more: true, .. });
        Ok((batch, more))
    }

    /// What follows a cursor, where this node knows all of it and it is one batch.
    fn recent_messages(&self, room: RoomId, cursor: (Seq, Rev)) -> Option<Rows> {
        let (messages, bytes, (last_seq, last_rev)) = self.hub.recent_messages(room, cursor)?;
        let is_one = messages.len() as i64 <= BATCH_ROWS && bytes <= self.reach.batch_bytes;
        is_one.then(|| {
            self.metrics.caught_up.inc();
            self.metrics.caught_up_here.inc();
            Rows { messages, last_seq, last_rev, more: false }
        })
    }

    /// A herd comes back behind by the same messages: what the first one had read is here for the others.
    fn cache_recent(&self, room: RoomId, after: Seq, rows: &Rows) {
        // Where nothing was left out, everything up to the head is there.
        if !rows.more {
            let revised = rows.messages.iter().take_while(|message| message.seq <= after).count();
            self.hub.cache_recent(room, (rows.last_seq, rows.last_rev), &rows.messages[revised..]);
        }
    }

    /// Lets a person's connections into a room where the database has them as its member, before they hear anything of it.
    async fn admit(&self, user: UserId, room: RoomId) -> Result<bool, Error> {
        if self.store.find_access(user, room).await?.is_none_or(|access| access.role.is_none()) {
            return Ok(false);
        }
        self.hub.join_here(user, &[room]).await;
        let found = self.room_of(user, room).await?;
        let is_member = found.is_some();
        found.into_iter().for_each(|found| self.hub.show_here(user, found));
        Ok(is_member)
    }

    /// Whether what a device missed is sent only while little is queued for it.
    pub(crate) fn has_flow_control(&self) -> bool {
        self.mechanisms.has(Mechanism::FlowControl)
    }

    /// Returns once gaps that were noticed have had their time to be closed by stragglers.
    pub(crate) async fn gap_noticed(&self) {
        self.hub.gap_noticed().await;
    }

    /// Closes this node's gaps from the store, once for all who are connected here. `at_once` does not wait for stragglers. A
    /// room that cannot be read is tried again later and holds no other room up.
    ///
    /// # Errors
    /// Where the database is away, which is not a matter of one room.
    pub(crate) async fn fill_gaps(&self, at_once: bool) -> Result<(), Error> {
        for (room, from) in self.hub.gaps(at_once) {
            if !self.mechanisms.has(Mechanism::GapRepair) {
                self.hub.defer_gap(room);
            } else if let Err(error) = self.fill_gap(room, from).await {
                self.hub.defer_gap(room);
                self.metrics.repairs_failed.inc();
                tracing::warn!(%room, %error, "what this node lacks of a room could not be read, trying again later");
                if matches!(error, Error::Unavailable(_)) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn fill_gap(&self, room: RoomId, mut from: (Seq, Rev)) -> Result<(), Error> {
        let mut filled = 0;
        loop {
            let Some(rows) = self.store.list_changes(room, from, self.reach.batch()).await? else {
                // The room is gone, and soon nobody is in it any more.
                self.hub.defer_gap(room);
                return Ok(());
            };
            if is_too_far(&rows, from) || filled >= self.reach.fill_bytes {
                // Each device asks for itself, at the pace at which it reads, or starts over with the newest page.
                let to = (rows.last_seq, rows.last_rev);
                let heads = vec![protocol::RoomHead(room, to.0, to.1)];
                self.hub.fill(room, to, &ServerFrame::Heads { rooms: heads });
                return Ok(());
            }
            let frame = batch(room, from, rows);
            let ServerFrame::Offline { to, more, .. } = &frame else { return Ok(()) };
            let (to, more) = (*to, *more);
            filled += self.hub.fill(room, to, &frame);
            if !more {
                self.metrics.gaps_filled.inc();
                return Ok(());
            }
            from = to;
        }
    }

    /// Compares this node's rooms with the store, some at a time: finds what was committed and never told.
    pub(crate) async fn check_heads(&self) -> Result<(), Error> {
        self.check_epoch().await?;
        let people = self.send_renamed().await;
        let mut after = None;
        loop {
            let rooms = self.hub.active_rooms(after, HEADS_BATCH);
            let Some(last) = rooms.last() else { return people };
            after = Some(*last);
            self.check_heads_of(&rooms).await?;
        }
    }

    /// Waits until somebody enters rooms in which nobody else is connected here, and compares these: what was committed
    /// after their summaries were read, and told before this node heard of the room, nobody tells again.
    pub(crate) async fn check_opened(&self) -> Result<(), Error> {
        for rooms in self.hub.rooms_opened().await.chunks(HEADS_BATCH) {
            self.check_heads_of(rooms).await?;
        }
        Ok(())
    }

    async fn check_heads_of(&self, rooms: &[RoomId]) -> Result<(), Error> {
        if rooms.is_empty() || !self.mechanisms.has(Mechanism::HeadCheck) {
            return Ok(());
        }
        let (epoch, sent) = (self.epoch().await?, self.hub.heads(rooms));
        let stored = self.store.list_heads(rooms).await?;
        if !self.check_lost(epoch, &sent, &stored).await? {
            self.hub.learn_heads(&stored);
        }
        Ok(())
    }
}

/// Whether the newest page is less than what is missing; or the cursor is of a time that this database has not seen.
const fn is_too_far(rows: &Rows, (seq, rev): (Seq, Rev)) -> bool {
    let ahead = seq.0 > rows.last_seq.0 || (rev.0 > rows.last_rev.0 && rev.0 != i64::MAX);
    let revisions = if rev.0 == i64::MAX { 0 } else { rows.last_rev.0 - rev.0 };
    ahead || rows.last_seq.0 - seq.0 + revisions > RESET_ROWS
}

/// What [`crate::store::Store::list_changes`] answered, as the frame for a device at `from`.
fn batch(room_id: RoomId, from: (Seq, Rev), rows: Rows) -> ServerFrame {
    let to = match rows.messages.last() {
        // Revised rows come first. As long as batches end with them there may be more of them.
        Some(last) if rows.more && last.seq <= from.0 => (from.0, last.rev),
        Some(last) if last.seq > from.0 => (last.seq, rows.last_rev),
        _ => (from.0, rows.last_rev),
    };
    ServerFrame::Offline { room_id, from, rows: rows.messages, to, more: rows.more }
}

#[cfg(test)]
mod tests;
