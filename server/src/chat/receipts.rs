//! How far people have received and read: collected in memory, stored at most once a second, told to the room.
//!
//! A node that dies takes a second's worth with it; devices tell again what was not confirmed to them.

use crate::hub::{Hub, Place};
use crate::store::{Moved, Store};
use protocol::limits::RECEIPTS_MEMBERS;
use protocol::{Mark, RoomId, Seq, ServerFrame, UserId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};

/// Between two batches of marks, and before one that failed is tried again.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// Marks in one transaction.
pub(crate) const BATCH: usize = 1_000;

/// Marks that are not stored yet, at most one a member.
#[derive(Default)]
struct Waiting {
    marks: Mutex<BTreeMap<(RoomId, UserId), (Seq, Seq)>>,
    /// Wakes the task when there is something to store.
    some: Notify,
}

impl Waiting {
    fn add(&self, marks: impl IntoIterator<Item = (RoomId, Mark)>) {
        let mut waiting = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        for (room, Mark(user, delivered, read)) in marks {
            let (d, r) = waiting.entry((room, user)).or_default();
            (*d, *r) = ((*d).max(delivered), (*r).max(read));
        }
        self.some.notify_one();
    }

    fn take(&self) -> Vec<(RoomId, Mark)> {
        let mut waiting = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < BATCH
            && let Some(((room, user), (delivered, read))) = waiting.pop_first()
        {
            taken.push((room, Mark(user, delivered, read)));
        }
        if !waiting.is_empty() {
            self.some.notify_one();
        }
        taken
    }
}

/// The way to the task that stores marks; it ends with this.
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

    /// Somebody has received and read up to here.
    pub(super) fn mark(&self, room: RoomId, mark: Mark) {
        self.waiting.add([(room, mark)]);
    }
}

async fn run(store: Arc<dyn Store>, hub: Arc<Hub>, waiting: Arc<Waiting>) {
    loop {
        waiting.some.notified().await;
        let marks = waiting.take();
        match store.update_marks(&marks).await {
            Ok(moved) => tell(&hub, &moved),
            Err(error) => {
                tracing::warn!(marks = marks.len(), %error, "marks were not stored, trying again");
                waiting.add(marks);
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Tells each room of its marks in one frame. Where there are too many to tell, or the person does not want it, only
/// their own devices hear of them.
fn tell(hub: &Hub, moved: &[Moved]) {
    let mut rooms: BTreeMap<RoomId, Vec<Mark>> = BTreeMap::new();
    for moved in moved {
        if moved.receipts && moved.members_count <= RECEIPTS_MEMBERS {
            rooms.entry(moved.room_id).or_default().push(moved.mark);
        } else {
            hub.tell(moved.mark.0, &ServerFrame::Status { room_id: moved.room_id, marks: vec![moved.mark] });
        }
    }
    for (room_id, marks) in rooms {
        hub.deliver(room_id, Place::None, &ServerFrame::Status { room_id, marks });
    }
}
