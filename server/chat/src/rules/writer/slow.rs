//! The slow lane: messages for rooms that are locked by others for longer than a batch waits. Rooms are served round-robin; the
//! messages of a room keep their order, and new ones queue behind those that wait.

use super::{BATCH_MAX, Committer, Entry, QUEUE_MAX};
use crate::Error;
use parking_lot::Mutex;
use protocol::RoomId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use tokio::sync::Notify;

/// Rooms of the lane, as long as they have messages waiting or in a transaction.
#[derive(Default)]
pub(super) struct SlowLane {
    waiting: Mutex<BTreeMap<RoomId, VecDeque<Entry>>>,
    some: Notify,
}

impl SlowLane {
    /// The next room after this one, and its next messages. It stays in the lane.
    fn next(&self, after: RoomId) -> Option<(RoomId, Vec<Entry>)> {
        let mut rooms = self.waiting.lock();
        let later = rooms.range((Bound::Excluded(after), Bound::Unbounded)).next().map(|(room, _)| *room);
        let room = later.or_else(|| rooms.first_key_value().map(|(room, _)| *room))?;
        let waiting = rooms.get_mut(&room)?;
        let count = waiting.len().min(BATCH_MAX);
        Some((room, waiting.drain(..count).collect()))
    }

    /// Puts messages that are still locked back in front of their room. A room without messages leaves the lane.
    fn put_back(&self, room: RoomId, locked: Vec<Entry>) {
        let mut rooms = self.waiting.lock();
        let Some(waiting) = rooms.get_mut(&room) else { return };
        locked.into_iter().rev().for_each(|entry| waiting.push_front(entry));
        if waiting.is_empty() {
            rooms.remove(&room);
        }
    }

    /// Takes the entries of rooms that are in the lane. Returns the others.
    pub(super) fn take_theirs(&self, entries: impl Iterator<Item = Entry>) -> Vec<Entry> {
        let mut rooms = self.waiting.lock();
        if rooms.is_empty() {
            return entries.collect();
        }
        let mut others = Vec::new();
        let mut count: usize = rooms.values().map(VecDeque::len).sum();
        for entry in entries {
            match rooms.get_mut(&entry.append.room_id) {
                Some(_) if count >= QUEUE_MAX => entry.refuse(Error::Unavailable("the room is locked".into())),
                Some(waiting) => {
                    waiting.push_back(entry);
                    count += 1;
                }
                None => others.push(entry),
            }
        }
        others
    }

    /// Adds an entry whose room is locked.
    pub(super) fn push(&self, entry: Entry) {
        self.waiting.lock().entry(entry.append.room_id).or_default().push_back(entry);
        self.some.notify_one();
    }

    /// Stores what waits here. Never returns.
    pub(super) async fn run(&self, committer: &Committer) {
        let mut last = RoomId(uuid::Uuid::nil());
        loop {
            let Some((room, entries)) = self.next(last) else {
                self.some.notified().await;
                continue;
            };
            last = room;
            // Waits for the lock as long as any batch does, in the database's queue.
            let locked = committer.commit(entries).await;
            if !locked.is_empty() {
                tokio::task::yield_now().await;
            }
            self.put_back(room, locked);
        }
    }
}
