//! A device comes back: what the database is asked for, with nothing new and with a thousand new messages.

use crate::crowd::{Crowd, stamp};
use protocol::limits::BATCH_ROWS;
use protocol::{RoomId, Seq};
use std::time::{Duration, Instant};
use store::{Error, Limit, Store};

const ROOMS: usize = 20;
const ASKED: usize = 1_000;
/// Messages that a device missed.
const MISSED: i64 = 1_000;

/// What was measured.
pub(crate) struct Resume {
    /// The one query of a person in 20 rooms who has read everything, in ascending order.
    nothing_new: Vec<Duration>,
    /// All batches of 1,000 messages in one room, one after the other.
    missed: Duration,
}

pub(crate) async fn measure(store: &dyn Store, crowd: &mut Crowd) -> Result<Resume, Error> {
    let rooms = crowd.rooms(ROOMS);
    let person = crowd.newcomer(store).await?;
    for (room, _) in &rooms {
        store.create_member(*room, person, person, stamp()).await?;
    }
    let mut nothing_new = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let begun = Instant::now();
        let found = store.list_rooms(person).await?;
        nothing_new.push(begun.elapsed());
        assert!(found.len() > ROOMS && found.iter().all(|room| room.unread == 0), "with the first room of all");
    }
    nothing_new.sort_unstable();
    Ok(Resume { nothing_new, missed: catch_up(store, rooms[0].0).await? })
}

async fn catch_up(store: &dyn Store, room: RoomId) -> Result<Duration, Error> {
    let head = store.list_heads(&[room]).await?[0];
    let mut cursor = (Seq(head.1.0 - MISSED), head.2);
    let begun = Instant::now();
    while let Some(last) = store
        .list_changes(room, cursor, Limit { rows: BATCH_ROWS, bytes: 128 * 1024 })
        .await?
        .and_then(|rows| rows.messages.last().map(|row| row.seq))
    {
        cursor.0 = last;
    }
    assert_eq!(cursor.0, head.1, "everything came");
    Ok(begun.elapsed())
}

impl Resume {
    pub(crate) fn print(&self, name: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let at = |percent: usize| ms(self.nothing_new[self.nothing_new.len() * percent / 100]);
        println!("{name:<11} {:>6.2} ms {:>6.2} ms {:>9.1} ms", at(50), at(99), ms(self.missed));
    }
}
