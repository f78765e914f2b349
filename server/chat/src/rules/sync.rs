//! Catch-up: what a device missed after its cursor, in batches, or the newest page if that is too much.
//!
//! The server keeps no state of a device between two batches: each request carries the cursor that it has reached.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use protocol::limits::{BATCH_ROWS, RESET_ROWS};
use protocol::{Cursor, Rev, RoomId, Seq, ServerFrame, UserId};
use store::{HistoryRange, Rows};

/// Rooms per query of heads, compared before yielding to other tasks.
pub const HEADS_BATCH: usize = 500;

impl Chat {
    /// The rows after the cursor as a frame, and whether there are more. A device may hold a room, from a REST response, that its
    /// person is not in on this node: the database decides which is stale.
    pub async fn catch_up(&self, user: UserId, cursor: Cursor) -> Result<(ServerFrame, bool), Error> {
        let Cursor(room, seq, rev) = cursor;
        if !self.hub.delivery.is_in(user, room) && !self.admit(user, room).await? {
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

    /// The rows after a cursor from the recent cache, if it has all of them and they fit into one batch.
    fn recent_messages(&self, room: RoomId, cursor: (Seq, Rev)) -> Option<Rows> {
        let (messages, bytes, (last_seq, last_rev)) = self.hub.delivery.recent_messages(room, cursor)?;
        let is_one = messages.len() as i64 <= BATCH_ROWS && bytes <= self.reach.batch_bytes;
        is_one.then(|| {
            self.metrics.caught_up.inc();
            self.metrics.caught_up_here.inc();
            Rows { messages, last_seq, last_rev, more: false }
        })
    }

    /// Fills the recent cache: in a connection storm all clients miss the same messages.
    fn cache_recent(&self, room: RoomId, after: Seq, rows: &Rows) {
        // Without more rows, everything up to the head is there.
        if !rows.more {
            let revised = rows.messages.iter().take_while(|message| message.seq <= after).count();
            self.hub.delivery.cache_recent(room, (rows.last_seq, rows.last_rev), &rows.messages[revised..]);
        }
    }

    /// Puts a person's connections into a room of which the database has them as a member. Returns false if it does not.
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

    /// Whether catch-up batches are sent only while little is queued for the device.
    pub(crate) fn has_flow_control(&self) -> bool {
        self.mechanisms.has(Mechanism::FlowControl)
    }

    /// Returns once a gap is due to be filled.
    pub(crate) async fn gap_noticed(&self) {
        self.hub.delivery.gap_noticed().await;
    }

    /// Fills this node's gaps from the store, once for all local connections. `at_once` does not wait for late frames. A room that
    /// cannot be read is retried later and does not delay other rooms.
    ///
    /// # Errors
    /// If the database is unavailable, which concerns all rooms.
    pub async fn fill_gaps(&self, at_once: bool) -> Result<(), Error> {
        for (room, from) in self.hub.delivery.gaps(at_once) {
            if !self.mechanisms.has(Mechanism::GapRepair) {
                self.hub.delivery.defer_gap(room);
            } else if let Err(error) = self.fill_gap(room, from).await {
                self.hub.delivery.defer_gap(room);
                self.metrics.repairs_failed.inc();
                tracing::warn!(%room, %error, "a gap of a room could not be filled, retrying later");
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
                // The room was deleted: its connections leave it soon.
                self.hub.delivery.defer_gap(room);
                return Ok(());
            };
            if is_too_far(&rows, from) || filled >= self.reach.fill_bytes {
                // Each device requests batches at its own pace, or starts over with the newest page.
                let to = (rows.last_seq, rows.last_rev);
                let heads = vec![protocol::RoomHead(room, to.0, to.1)];
                self.hub.delivery.fill(room, to, &ServerFrame::Heads { rooms: heads });
                return Ok(());
            }
            let frame = batch(room, from, rows);
            let ServerFrame::Offline { to, more, .. } = &frame else { return Ok(()) };
            let (to, more) = (*to, *more);
            filled += self.hub.delivery.fill(room, to, &frame);
            if !more {
                self.metrics.gaps_filled.inc();
                return Ok(());
            }
            from = to;
        }
    }

    /// Compares the heads of this node's rooms with the store, in slices: finds messages that were committed and never published.
    pub(crate) async fn check_heads(&self) -> Result<(), Error> {
        self.check_epoch().await?;
        let people = self.send_renamed().await;
        let mut after = None;
        loop {
            let rooms = self.hub.delivery.active_rooms(after, HEADS_BATCH);
            let Some(last) = rooms.last() else { return people };
            after = Some(*last);
            self.check_heads_of(&rooms).await?;
        }
    }

    /// Waits for rooms that were entered first on this node, and compares their heads: messages committed after their summaries were
    /// read, and published before this node subscribed, are not published again.
    pub async fn check_opened(&self) -> Result<(), Error> {
        for rooms in self.hub.delivery.rooms_opened().await.chunks(HEADS_BATCH) {
            self.check_heads_of(rooms).await?;
        }
        Ok(())
    }

    async fn check_heads_of(&self, rooms: &[RoomId]) -> Result<(), Error> {
        if rooms.is_empty() || !self.mechanisms.has(Mechanism::HeadCheck) {
            return Ok(());
        }
        let (epoch, sent) = (self.epoch().await?, self.hub.delivery.heads(rooms));
        let stored = self.store.list_heads(rooms).await?;
        if !self.check_lost(epoch, &sent, &stored).await? {
            self.hub.delivery.learn_heads(&stored);
        }
        Ok(())
    }
}

/// Returns true if more rows are missing than a reset sends, or the cursor is ahead of the database.
const fn is_too_far(rows: &Rows, (seq, rev): (Seq, Rev)) -> bool {
    let ahead = seq.0 > rows.last_seq.0 || (rev.0 > rows.last_rev.0 && rev.0 != i64::MAX);
    let revisions = if rev.0 == i64::MAX { 0 } else { rows.last_rev.0 - rev.0 };
    ahead || rows.last_seq.0 - seq.0 + revisions > RESET_ROWS
}

/// The rows of [`store::Revisions::list_changes`] as the frame for a device at `from`.
fn batch(room_id: RoomId, from: (Seq, Rev), rows: Rows) -> ServerFrame {
    let to = match rows.messages.last() {
        // Revised rows come first: a batch that ends with one may have more of them.
        Some(last) if rows.more && last.seq <= from.0 => (from.0, last.rev),
        Some(last) if last.seq > from.0 => (last.seq, rows.last_rev),
        _ => (from.0, rows.last_rev),
    };
    ServerFrame::Offline { room_id, from, rows: rows.messages, to, more: rows.more }
}

#[cfg(test)]
mod tests;
