//! Receipts: delivered and read marks, collected in memory, stored at most once a second, and sent to the room.
//!
//! A node that dies loses the marks of one second; devices send unconfirmed marks again.

use crate::hub::{Hub, StreamPosition};
use parking_lot::Mutex;
use protocol::limits::RECEIPTS_MEMBERS;
use protocol::{Mark, RoomId, Seq, ServerFrame, UserId};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use store::{RaisedMark, Store};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};

/// Between two batches of marks, and before one that failed is tried again.
pub const MARKS_INTERVAL: Duration = Duration::from_secs(1);
/// Marks in one transaction.
pub const MARKS_BATCH: usize = 1_000;
/// Marks of one person per round: bounds the frames that one person causes per second.
pub const PERSON_MARKS: usize = 100;

/// Whose mark, and where.
type Key = (RoomId, UserId);

/// Marks that are not stored yet, at most one per membership.
#[derive(Default)]
struct Waiting {
    marks: Mutex<Marks>,
    /// Wakes the task when there is something to store.
    some: Notify,
}

#[derive(Default)]
struct Marks {
    /// Memberships with waiting marks, the oldest first: load on some rooms does not starve others.
    order: VecDeque<Key>,
    marks: HashMap<Key, (Seq, Seq)>,
}

impl Waiting {
    fn add(&self, marks: impl IntoIterator<Item = (RoomId, Mark)>) {
        let mut waiting = self.marks.lock();
        let Marks { order, marks: known } = &mut *waiting;
        for (room, Mark(user, delivered, read)) in marks {
            let (d, r) = known.entry((room, user)).or_insert_with(|| {
                order.push_back((room, user));
                (Seq(0), Seq(0))
            });
            (*d, *r) = ((*d).max(delivered), (*r).max(read));
        }
        self.some.notify_one();
    }

    /// Takes everything that waits, but at most [`PERSON_MARKS`] per person: the rest keeps its place.
    fn take(&self) -> Vec<(RoomId, Mark)> {
        let mut waiting = self.marks.lock();
        let order = std::mem::take(&mut waiting.order);
        let mut counts: HashMap<UserId, usize> = HashMap::new();
        let mut taken = Vec::with_capacity(order.len());
        for (room, user) in order {
            let count = counts.entry(user).or_default();
            *count += 1;
            if *count > PERSON_MARKS {
                waiting.order.push_back((room, user));
            } else if let Some((delivered, read)) = waiting.marks.remove(&(room, user)) {
                taken.push((room, Mark(user, delivered, read)));
            }
        }
        if !waiting.order.is_empty() {
            self.some.notify_one();
        }
        taken
    }
}

/// Handle of the task that stores marks; dropping it aborts the task.
pub(super) struct Receipts {
    waiting: Arc<Waiting>,
    task: AbortHandle,
}

impl Drop for Receipts {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receipts {
    pub(super) fn spawn(store: Arc<dyn Store>, hub: Arc<Hub>) -> (Self, JoinHandle<()>) {
        let waiting = Arc::new(Waiting::default());
        let task = tokio::spawn(run(store, hub, Arc::clone(&waiting)));
        (Self { waiting, task: task.abort_handle() }, task)
    }

    /// Queues a raise of a member's marks.
    pub(super) fn mark(&self, room: RoomId, mark: Mark) {
        self.waiting.add([(room, mark)]);
    }
}

async fn run(store: Arc<dyn Store>, hub: Arc<Hub>, waiting: Arc<Waiting>) {
    loop {
        waiting.some.notified().await;
        let marks = waiting.take();
        for (number, chunk) in marks.chunks(MARKS_BATCH).enumerate() {
            match store.update_marks(chunk).await {
                Ok(raised) => send_marks(&hub, &raised),
                Err(error) => {
                    let rest = &marks[number * MARKS_BATCH..];
                    tracing::warn!(marks = rest.len(), %error, "marks were not stored, trying again");
                    waiting.add(rest.iter().copied());
                    break;
                }
            }
        }
        tokio::time::sleep(MARKS_INTERVAL).await;
    }
}

/// Sends each room its marks in one frame. In rooms above [`RECEIPTS_MEMBERS`] members, and for people without receipts, only the
/// person's own devices receive them.
fn send_marks(hub: &Hub, raised: &[RaisedMark]) {
    let mut rooms: BTreeMap<RoomId, Vec<Mark>> = BTreeMap::new();
    for raised in raised {
        if raised.receipts && raised.members_count <= RECEIPTS_MEMBERS {
            rooms.entry(raised.room_id).or_default().push(raised.mark);
        } else {
            hub.send_to_user(raised.mark.0, &ServerFrame::Status { room_id: raised.room_id, marks: vec![raised.mark] });
        }
    }
    for (room_id, marks) in rooms {
        hub.deliver(room_id, StreamPosition::None, &ServerFrame::Status { room_id, marks });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn mark(room: u128, user: u128) -> (RoomId, Mark) {
        (RoomId(Uuid::from_u128(room)), Mark(UserId(Uuid::from_u128(user)), Seq(1), Seq(1)))
    }

    #[test]
    fn the_newest_rooms_are_not_starved_by_older_ones() {
        let waiting = Waiting::default();
        let old = || (0..5_000).map(|n| mark(n, n / 50));
        waiting.add(old());
        waiting.add([mark(1_000_000, 1_000)]);
        assert!(waiting.take().contains(&mark(1_000_000, 1_000)), "in the same round as everything before it");
        waiting.add(old());
        assert_eq!(waiting.take().len(), 5_000);
    }

    #[test]
    fn one_person_with_many_rooms_has_a_share_and_all_of_it_comes() {
        let waiting = Waiting::default();
        waiting.add((0..250).map(|n| mark(n, 1)));
        waiting.add([mark(7, 2)]);
        let round = |waiting: &Waiting| waiting.take().into_iter().map(|(room, _)| room).collect::<Vec<_>>();
        let first = round(&waiting);
        assert_eq!(first.len(), PERSON_MARKS + 1, "and the other person's");
        // The rooms that were stored are marked again: the others come first nevertheless.
        waiting.add((0..100).map(|n| mark(n, 1)));
        let second = round(&waiting);
        assert!(second.iter().all(|room| !first.contains(room)) && second.len() == PERSON_MARKS);
        assert_eq!([round(&waiting).len(), round(&waiting).len(), round(&waiting).len()], [100, 50, 0]);
    }
}
