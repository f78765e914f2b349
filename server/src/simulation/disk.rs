//! What a browser keeps for the next page: each save whole or not at all, unless the plan takes that away.

use client::{Change, RoomRecord, Saved, Unsent};
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
    pub(super) fn write(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Unsent(unsent) => drop(self.unsent.insert(unsent.client_id, unsent)),
                Change::Sent { client_id, .. } | Change::Discarded(client_id) => drop(self.unsent.remove(&client_id)),
                Change::Opened(_) => {}
                Change::Epoch(epoch) => {
                    self.epoch = Some(epoch);
                    self.people.clear();
                }
                Change::Person(person) => drop(self.people.insert(person.id, person)),
                Change::PersonGone(user) => drop(self.people.remove(&user)),
                Change::PeopleRev(rev) => self.people_rev = rev,
                Change::Room(record) => drop(self.rooms.insert(record.summary.id, *record)),
                Change::Row(row) => drop(self.rows.insert((row.room_id, row.seq), row)),
                Change::RowGone(room, seq) => drop(self.rows.remove(&(room, seq))),
                Change::RoomGone(room) => {
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
