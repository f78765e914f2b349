//! The slow lane: messages for rooms whose locks others hold for longer than a batch waits. One room at a time, in turn, so
//! that none waits for another; each room's messages in their order, and new ones behind those that wait.

use super::{BATCH_MAX, Committer, Entry, QUEUE_MAX};
use crate::Error;
use protocol::RoomId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Rooms of the lane, as long as they have messages here or under way.
#[derive(Default)]
pub(super) struct SlowLane {
    waiting: Mutex<BTreeMap<RoomId, VecDeque<Entry>>>,
    some: Notify,
}

impl SlowLane {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomId, VecDeque<Entry>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room whose turn it is after this one, and its next messages. It stays in the lane.
    fn next(&self, after: RoomId) -> Option<(RoomId, Vec<Entry>)> {
        let mut rooms = self.lock();
        let later = rooms.range((Bound::Excluded(after), Bound::Unbounded)).next().map(|(room, _)| *room);
        let room = later.or_else(|| rooms.first_key_value().map(|(room, _)| *room))?;
        let waiting = rooms.get_mut(&room)?;
        let count = waiting.len().min(BATCH_MAX);
        Some((room, waiting.drain(..count).collect()))
    }

    /// What is still locked waits again, before all others of its room. A room with nothing left leaves the lane.
    fn put_back(&self, room: RoomId, locked: Vec<Entry>) {
        let mut rooms = self.lock();
        let Some(waiting) = rooms.get_mut(&room) else { return };
        locked.into_iter().rev().for_each(|entry| waiting.push_front(entry));
        if waiting.is_empty() {
            rooms.remove(&room);
        }
    }

    /// Keeps the entries of rooms that are in the lane; answers with the others.
    pub(super) fn take_theirs(&self, entries: impl Iterator<Item = Entry>) -> Vec<Entry> {
        let mut rooms = self.lock();
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

    /// This entry's room is locked: it waits here.
    pub(super) fn push(&self, entry: Entry) {
        self.lock().entry(entry.append.room_id).or_default().push_back(entry);
        self.some.notify_one();
    }

    /// Stores what waits here; does not end.
    pub(super) async fn run(&self, committer: &Committer) {
        let mut last = RoomId(uuid::Uuid::nil());
        loop {
            let Some((room, entries)) = self.next(last) else {
                self.some.notified().await;
                continue;
            };
            last = room;
            // Waits for the lock as long as any batch does, in the queue of those who want it.
            let locked = committer.commit(entries).await;
            if !locked.is_empty() {
                tokio::task::yield_now().await;
            }
            self.put_back(room, locked);
        }
    }
}
