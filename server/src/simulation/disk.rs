//! What a browser keeps for the next page: each save whole or not at all, unless the plan takes that away.

use client::{RoomRecord, Saved, StorageWrite, Unsent};
use protocol::{ClientId, Message, Person, RoomId, Seq, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Default)]
pub(super) struct Disk {
    epoch: Option<Uuid>,
    unsent: BTreeMap<ClientId, Unsent>,
    rooms: BTreeMap<RoomId, RoomRecord>,
    rows: BTreeMap<(RoomId, Seq), Message>,
    people: BTreeMap<UserId, Person>,
    people_rev: i64,
}

impl Disk {
    pub(super) fn write(&mut self, changes: Vec<StorageWrite>) {
        for change in changes {
            match change {
                StorageWrite::Unsent(unsent) => drop(self.unsent.insert(unsent.client_id, unsent)),
                StorageWrite::Sent { client_id, .. } | StorageWrite::Discarded(client_id) => {
                    drop(self.unsent.remove(&client_id))
                }
                StorageWrite::Opened(_) => {}
                StorageWrite::Epoch(epoch) => {
                    self.epoch = Some(epoch);
                    self.people.clear();
                }
                StorageWrite::Person(person) => drop(self.people.insert(person.id, person)),
                StorageWrite::PersonGone(user) => drop(self.people.remove(&user)),
                StorageWrite::PeopleRev(rev) => self.people_rev = rev,
                StorageWrite::Room(record) => drop(self.rooms.insert(record.summary.id, *record)),
                StorageWrite::Row(row) => drop(self.rows.insert((row.room_id, row.seq), row)),
                StorageWrite::RowGone(room, seq) => drop(self.rows.remove(&(room, seq))),
                StorageWrite::RoomGone(room) => {
                    self.rooms.remove(&room);
                    self.rows.retain(|(id, _), _| *id != room);
                }
            }
        }
    }

    pub(super) fn read(&self) -> Saved {
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
    pub(super) fn waiting(&self) -> impl Iterator<Item = ClientId> {
        self.unsent.values().filter(|unsent| unsent.failed.is_none()).map(|unsent| unsent.client_id)
    }
}
