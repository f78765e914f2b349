//! What a browser stores for the next page: every `Save` is written whole or, where the page dies first, not at all.

use client::{ConnectionState, Effect, Engine, RoomRecord, RowState, Saved, StorageWrite, Unsent};
use protocol::{ClientId, Message, Person, RoomId, Seq, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// See the module's documentation.
#[derive(Clone, Default)]
pub struct Disk {
    /// Of the rooms.
    pub epoch: Option<Uuid>,
    /// The outbox.
    pub unsent: BTreeMap<ClientId, Unsent>,
    /// Rooms whose rows are stored.
    pub rooms: BTreeMap<RoomId, RoomRecord>,
    /// Their rows.
    pub rows: BTreeMap<(RoomId, Seq), Message>,
    /// Names.
    pub people: BTreeMap<UserId, Person>,
    /// The counter of names up to which they are known.
    pub people_rev: i64,
}

impl Disk {
    /// Writes one transaction.
    pub fn write(&mut self, changes: Vec<StorageWrite>) {
        for change in changes {
            match change {
                StorageWrite::Unsent(unsent) => {
                    self.unsent.insert(unsent.client_id, unsent);
                }
                StorageWrite::Sent { client_id, .. } | StorageWrite::Discarded(client_id) => {
                    self.unsent.remove(&client_id);
                }
                StorageWrite::Opened(_) => {}
                StorageWrite::Epoch(epoch) => {
                    self.epoch = Some(epoch);
                    self.people.clear();
                }
                StorageWrite::Person(person) => drop(self.people.insert(person.id, person)),
                StorageWrite::PersonGone(user) => drop(self.people.remove(&user)),
                StorageWrite::PeopleRev(rev) => self.people_rev = rev,
                StorageWrite::Room(record) => {
                    self.rooms.insert(record.summary.id, *record);
                }
                StorageWrite::Row(row) => {
                    self.rows.insert((row.room_id, row.seq), row);
                }
                StorageWrite::RowGone(room, seq) => {
                    self.rows.remove(&(room, seq));
                }
                StorageWrite::RoomGone(room) => {
                    self.rooms.remove(&room);
                    self.rows.retain(|(id, _), _| *id != room);
                }
            }
        }
    }

    /// Writes what one input led to.
    pub fn apply(&mut self, effects: &[Effect]) {
        for changes in saved(effects) {
            self.write(changes);
        }
    }

    /// What the next page finds.
    #[must_use]
    pub fn read(&self) -> Saved {
        Saved {
            epoch: self.epoch,
            unsent: self.unsent.values().cloned().collect(),
            rooms: self.rooms.values().cloned().collect(),
            rows: self.rows.values().cloned().collect(),
            people: self.people.values().cloned().collect(),
            people_rev: self.people_rev,
        }
    }

    /// Messages that the next page sends.
    pub fn waiting(&self) -> impl Iterator<Item = ClientId> {
        self.unsent.values().filter(|unsent| unsent.failed.is_none()).map(|unsent| unsent.client_id)
    }

    /// Numbers of the rows that are stored of a room.
    #[must_use]
    pub fn seqs(&self, room: RoomId) -> Vec<i64> {
        self.rows.keys().filter(|(id, _)| *id == room).map(|(_, seq)| seq.0).collect()
    }

    /// Compares it with what the engine shows of a room: all that is not sent, and the newest rows.
    ///
    /// # Panics
    /// Where they differ.
    pub fn check(&self, engine: &Engine, room: RoomId) {
        let shown = engine.rows(room);
        let waits = |state: &RowState| *state != RowState::Sent;
        let mut unsent: Vec<_> = self.unsent.values().filter(|unsent| unsent.room_id == room).collect();
        unsent.sort_by_key(|unsent| (unsent.order, unsent.client_id));
        // Until the server has said of which life its rows are, a message among them stays kept.
        let online = engine.connection() == ConnectionState::Online;
        let is_row = |id| shown.iter().any(|row| row.key() == id && !waits(&row.state));
        let kept = unsent.iter().map(|unsent| unsent.client_id).filter(|id| online || !is_row(*id));
        let kept: Vec<_> = kept.collect();
        let waiting: Vec<_> = shown.iter().filter(|row| waits(&row.state)).map(client::Row::key).collect();
        assert_eq!(kept, waiting, "what is shown as on its way is kept, in order");
        if let Some(record) = self.rooms.get(&room) {
            // Its numbers may be those of a moment ago, when everything up to there was counted.
            let (last_seq, unread) = (record.summary.last_seq, record.summary.unread);
            let summary = engine.room(room).map(|room| protocol::RoomSummary { last_seq, unread, ..room.clone() });
            assert_eq!(Some(&record.summary), summary.as_ref());
            assert!(engine.room(room).is_some_and(|room| last_seq <= room.last_seq), "{last_seq}");
            let rows: Vec<_> = shown.into_iter().map(|row| row.message).filter(|row| row.seq > Seq(0)).collect();
            if !engine.has_newer(room) {
                let kept: Vec<_> = self.rows.values().filter(|row| row.room_id == room).cloned().collect();
                assert_eq!(kept, rows, "the rows of the window are kept");
            }
        } else {
            assert!(self.seqs(room).is_empty(), "no rows without their room");
        }
    }
}

/// The transactions that these effects ask for.
#[must_use]
pub fn saved(effects: &[Effect]) -> Vec<Vec<StorageWrite>> {
    let changes = |effect: &Effect| match effect {
        Effect::Save(changes) => Some(changes.clone()),
        _ => None,
    };
    effects.iter().filter_map(changes).collect()
}
