//! What outlasts a page: what the person knows to have sent, and what the run knows to be excusable.

use client::{Engine, Input, Row, RowState, StorageWrite};
use protocol::{ClientId, ErrorCode, RoomId, RoomSummary, Seq, ServerFrame, UserId};
use std::collections::BTreeSet;
use store::model::Tables;
use testbed::Disk;
use uuid::Uuid;

/// The message that a reply is meant for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) sender_id: UserId,
    pub(super) client_id: ClientId,
    /// What the device knew when the reply was written.
    pub(super) epoch: Option<Uuid>,
}

/// A message that the person sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) client_id: ClientId,
    pub(super) room_id: RoomId,
    /// The message that it replies to, as it was shown, and the epoch that the device knew then.
    pub(super) reply_to: Option<Target>,
    /// The person tried it again, or left the room. It may have been stored at first already, or after what they sent since.
    pub(super) retried: bool,
    /// The device heard that it is stored.
    pub(super) acknowledged: bool,
    /// The person has given it up, or the server refused it: it is stored once or not at all.
    pub(super) given_up: bool,
    /// The server refused it: it must not be stored any more.
    pub(super) refused: bool,
    /// It was stored and no device held it any more when the database was put back: nobody can bring it again.
    pub(super) lost: bool,
}

/// A change of a stored message.
#[derive(Clone, Debug)]
pub(super) struct Revised {
    client_id: ClientId,
    pub(super) room_id: RoomId,
    /// The server said what became of it, or nobody waits for that any more: pages, rooms and lives of the database end.
    pub(super) settled: bool,
}

#[derive(Default)]
pub(super) struct Memory {
    /// In the order of sending.
    pub(super) sent: Vec<Sent>,
    pub(super) revised: Vec<Revised>,
    /// The epoch that the device has received.
    epoch: Option<Uuid>,
    /// Whether this page has.
    greeted: bool,
    /// Epochs in which commits were lost. A device that is still in one may show what is stored no more.
    expired: Vec<Uuid>,
    /// The pages of the list of rooms that have come.
    welcome: Option<(Uuid, Vec<RoomId>)>,
}

impl Memory {
    /// `engine` as it is before the input.
    pub(super) fn record(&mut self, input: &Input, engine: Option<&Engine>) {
        match input {
            Input::Send { client_id, room_id, reply_to, .. } if self.find(*client_id).is_none() => {
                let rows = engine.map(|engine| engine.rows(*room_id)).unwrap_or_default();
                let target = rows.iter().map(|row| &row.message).find(|row| Some(row.seq) == *reply_to);
                let epoch = engine.and_then(Engine::epoch);
                self.sent.push(Sent {
                    client_id: *client_id,
                    room_id: *room_id,
                    reply_to: target.map(|row| Target { sender_id: row.sender_id, client_id: row.client_id, epoch }),
                    retried: false,
                    acknowledged: false,
                    given_up: false,
                    refused: false,
                    lost: false,
                });
            }
            Input::Revise { client_id, room_id, .. } => {
                self.revised.push(Revised { client_id: *client_id, room_id: *room_id, settled: false });
            }
            // A page begins.
            Input::BecomeFollower => (self.greeted, self.welcome) = (false, None),
            Input::Frame(frame) => self.record_frame(frame),
            Input::RoomLeft(room) => self.leave(*room),
            Input::Discard(client_id) => {
                if let Some(sent) = self.find(*client_id) {
                    sent.given_up = true;
                }
            }
            _ => {}
        }
    }

    fn record_frame(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Ack { client_id, .. } => {
                if let Some(sent) = self.find(*client_id) {
                    sent.acknowledged = true;
                }
                self.settle(|revised| revised.client_id == *client_id);
            }
            ServerFrame::Nack { client_id, retryable: false, code, .. } => {
                // The refusal may be among the commits that were lost.
                let is_final = *code == ErrorCode::NotFound && !self.is_behind();
                if let Some(sent) = self.find(*client_id) {
                    sent.refused |= is_final;
                }
                self.settle(|revised| revised.client_id == *client_id);
            }
            ServerFrame::Welcome { epoch, rooms, more, .. } => {
                self.welcome = Some((*epoch, Vec::new()));
                self.record_page(rooms, *more);
            }
            ServerFrame::Rooms { rooms, more } => self.record_page(rooms, *more),
            ServerFrame::RoomGone { room_id } => self.leave(*room_id),
            _ => {}
        }
    }

    /// The list of rooms counts once its last page has come.
    fn record_page(&mut self, page: &[RoomSummary], more: bool) {
        let Some((epoch, mut rooms)) = self.welcome.take() else { return };
        rooms.extend(page.iter().map(|room| room.id));
        if more {
            self.welcome = Some((epoch, rooms));
            return;
        }
        self.greeted = true;
        let same = self.epoch.replace(epoch) == Some(epoch);
        self.settle(|revised| !same || !rooms.contains(&revised.room_id));
    }

    /// The person is not in the room any more. What is under way to it fails here, and may be stored as soon as they are back.
    fn leave(&mut self, room: RoomId) {
        self.settle(|revised| revised.room_id == room);
        for sent in self.sent.iter_mut().filter(|sent| sent.room_id == room && !sent.acknowledged) {
            sent.retried = true;
        }
    }

    fn settle(&mut self, which: impl Fn(&Revised) -> bool) {
        for revised in self.revised.iter_mut().filter(|revised| which(revised)) {
            revised.settled = true;
        }
    }

    /// What the engine still holds of messages on their way.
    pub(super) fn outbox(&self, engine: &Engine) -> Vec<Row> {
        let rooms: BTreeSet<RoomId> = self.sent.iter().map(|sent| sent.room_id).collect();
        rooms.into_iter().flat_map(|room| engine.rows(room)).filter(|row| row.message.seq == Seq(0)).collect()
    }

    /// Whether the engine goes on with a message under another id.
    pub(super) fn shows(&self, engine: &Engine, id: ClientId, anew: ClientId) -> bool {
        let room = self.sent.iter().find(|sent| sent.client_id == id).map(|sent| sent.room_id);
        room.is_some_and(|room| engine.rows(room).iter().any(|row| row.key() == anew))
    }

    /// The person tried a failed message again, under another id if the engine took one.
    pub(super) fn retry(&mut self, id: ClientId, anew: Option<ClientId>) {
        let Some(sent) = self.find(id) else { return };
        sent.retried = true;
        if let Some(client_id) = anew {
            sent.given_up = true;
            let again =
                Sent { client_id, given_up: false, refused: false, acknowledged: false, lost: false, ..sent.clone() };
            self.sent.push(again);
        }
    }

    pub(super) fn is_refused(&self, id: ClientId) -> bool {
        self.sent.iter().any(|sent| sent.client_id == id && sent.refused)
    }

    /// Whether the page lived to send this, of which a copy comes late: perhaps after what was sent since.
    pub(super) fn leaves_late(&mut self, id: ClientId) -> bool {
        let Some(sent) = self.find(id) else { return false };
        sent.retried = true;
        sent.acknowledged || !sent.given_up || sent.refused
    }

    fn find(&mut self, id: ClientId) -> Option<&mut Sent> {
        self.sent.iter_mut().find(|sent| sent.client_id == id)
    }

    /// Whether a message may be shown twice: the database was put back and the device does not know yet, since pages of
    /// history do not say of which life they are.
    pub(super) fn excuses(&self, epoch: Uuid) -> bool {
        self.epoch.is_some_and(|heard| heard != epoch || self.expired.contains(&heard))
    }

    /// Whether the device was welcomed in this epoch.
    pub(super) fn is_of(&self, epoch: Uuid) -> bool {
        self.epoch == Some(epoch)
    }

    /// Whether commits were lost in the epoch that the device knows.
    pub(super) fn is_behind(&self) -> bool {
        self.has_lost(self.epoch)
    }

    /// Whether commits were lost in this epoch.
    pub(super) fn has_lost(&self, epoch: Option<Uuid>) -> bool {
        epoch.is_some_and(|epoch| self.expired.contains(&epoch))
    }

    /// The database lost its last commits, and no node has noticed yet. What was acknowledged may be lost, or be sent again after
    /// what was sent since.
    pub(super) fn lose(&mut self, user: UserId, before: &Tables, after: &Tables) {
        self.expired.push(before.epoch);
        let stored = |tables: &Tables, id| tables.find_message(user, id).is_some();
        for sent in &mut self.sent {
            let lost = stored(before, sent.client_id) && !stored(after, sent.client_id);
            sent.lost |= lost;
            sent.retried |= lost;
            sent.acknowledged = false;
            // The refusal may be lost with them.
            sent.refused = false;
        }
    }

    /// The page died before it kept this, and so before anything of it left the device, and before the next page could
    /// know of it.
    pub(super) fn miss(&mut self, changes: &[StorageWrite]) {
        for change in changes {
            match change {
                StorageWrite::Unsent(unsent) => {
                    self.record(&Input::Discard(unsent.client_id), None);
                    self.settle(|revised| revised.client_id == unsent.client_id);
                }
                StorageWrite::Sent { client_id, .. } => {
                    if let Some(sent) = self.find(*client_id) {
                        sent.acknowledged = false;
                    }
                }
                _ => {}
            }
        }
    }

    /// Messages that a greeted page shows among the rows of the server: that is as good as an acknowledgement, and what the
    /// storage has of them is given up as soon as it answers.
    fn reported(&self, engine: &Engine) -> BTreeSet<ClientId> {
        let rooms: BTreeSet<RoomId> = self.sent.iter().filter(|_| self.greeted).map(|sent| sent.room_id).collect();
        let rows = rooms.into_iter().flat_map(|room| engine.rows(room));
        rows.filter(|row| row.message.seq > Seq(0)).map(|row| row.key()).collect()
    }

    /// The database is put back: what it had, and what no device will send again, may be lost.
    pub(super) fn forgive(
        &mut self,
        user: UserId,
        engine: Option<&Engine>,
        disk: &Disk,
        before: &Tables,
        backup: &Tables,
    ) {
        let shown = engine.map(|engine| self.outbox(engine)).unwrap_or_default();
        let sending = shown.iter().filter(|row| row.state == RowState::Sending).map(Row::key);
        let told = engine.map(|engine| self.reported(engine)).unwrap_or_default();
        let kept = disk.waiting().filter(|client_id| !told.contains(client_id));
        let waiting: Vec<ClientId> = sending.chain(kept).collect();
        let stored = |tables: &Tables, id| tables.find_message(user, id).is_some();
        for sent in self.sent.iter_mut().filter(|sent| !waiting.contains(&sent.client_id)) {
            sent.lost |= stored(before, sent.client_id) && !stored(backup, sent.client_id);
        }
        // What the device still holds it sends again, and knows no more of it than the database that came back says.
        for sent in &mut self.sent {
            sent.acknowledged = false;
            sent.refused = false;
        }
    }
}
