//! The outbox: messages and revisions that the server is not known to have. Per room one is sent at a time, the next only after the
//! previous one was answered, so that no failure and no retry reorders them.

mod epochs;
mod revisions;
mod shared;

use crate::backoff::Backoff;
use crate::saved::StorageWrite;
use crate::{Revision, Row, RowState};
use protocol::{ClientFrame, ClientId, Message, Rev, RoomId, Seq, UnixMillis};
pub(crate) use shared::message;
use uuid::Uuid;

/// How long the server may take to acknowledge a message, in milliseconds. After that the connection counts as dead.
pub const ACK_TIMEOUT_MS: u64 = 15_000;
/// The shortest and the longest wait before a message that the server could not take is sent again, in milliseconds.
const BACKOFF_MS: (u64, u64) = (1_000, 30_000);

/// Why a message failed without an answer of the server's.
const ROOM_GONE: &str = "You are not in this room any more.";

/// The state of an entry.
#[derive(Clone, Debug)]
enum Stage {
    /// To be sent, not before this moment.
    Queued {
        not_before: u64,
    },
    /// Sent at this moment, neither acknowledged nor refused.
    InFlight {
        since: u64,
    },
    /// Stored. It stays here until the rows before it are known.
    Stored {
        seq: Seq,
    },
    /// The revision is stored. It stays here until the row arrives.
    Revised {
        rev: Rev,
    },
    Failed {
        reason: String,
        retryable: bool,
    },
}

/// What the server is to do.
#[derive(Clone, Debug)]
enum Intent {
    /// Store this: without a number, with the device's time until the server's is known.
    Send(Box<Message>),
    /// Revise a stored message.
    Revise { seq: Seq, revision: Revision },
}

impl Intent {
    const fn has_reference(&self) -> bool {
        match self {
            Self::Send(message) => message.reply_to.is_some(),
            Self::Revise { .. } => true,
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    /// See [`crate::Unsent`].
    order: u64,
    /// From another tab or an earlier page: the storage has it, and says when it is gone.
    foreign: bool,
    client_id: ClientId,
    room_id: RoomId,
    /// See [`crate::Unsent`].
    epoch: Option<Uuid>,
    intent: Intent,
    stage: Stage,
    backoff: Backoff,
}

impl Entry {
    fn new(client_id: ClientId, room_id: RoomId, intent: Intent, epoch: Option<Uuid>) -> Self {
        let backoff = Backoff::new(BACKOFF_MS.0, BACKOFF_MS.1);
        let stage = Stage::Queued { not_before: 0 };
        let epoch = epoch.filter(|_| intent.has_reference());
        Self { order: 0, foreign: false, client_id, room_id, epoch, intent, stage, backoff }
    }

    /// Returns true if the server has it.
    const fn is_stored(&self) -> bool {
        matches!(self.stage, Stage::Stored { .. } | Stage::Revised { .. })
    }

    /// Whether the server refused it, and not this device by itself.
    fn is_refused(&self) -> bool {
        matches!(&self.stage, Stage::Failed { reason, .. } if reason != ROOM_GONE)
    }

    /// Gives it a new id: from now on it is another message.
    fn rename(&mut self, client_id: ClientId) {
        self.client_id = client_id;
        self.foreign = false;
        if let Intent::Send(message) = &mut self.intent {
            message.client_id = client_id;
        }
    }

    /// Returns true if it is queued or in flight.
    const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Queued { .. } | Stage::InFlight { .. })
    }

    fn frame(&self) -> ClientFrame {
        let (client_id, room_id) = (self.client_id, self.room_id);
        match &self.intent {
            Intent::Send(message) => {
                ClientFrame::Send { client_id, room_id, body: message.body.clone(), reply_to: message.reply_to }
            }
            Intent::Revise { seq, revision } => revisions::frame(client_id, room_id, *seq, revision),
        }
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Sorted by order and id.
    entries: Vec<Entry>,
    /// The highest order seen.
    last_order: u64,
    /// Whether the storage was read.
    restored: bool,
    /// Another tab is the leader: it sends and persists the outcome.
    pub(crate) is_follower: bool,
    /// Writes that are not saved yet; emptied by each [`Outbox::take_log`].
    log: Vec<StorageWrite>,
}

impl Outbox {
    pub(crate) fn push(&mut self, message: Message, epoch: Option<Uuid>) {
        self.add(Entry::new(message.client_id, message.room_id, Intent::Send(Box::new(message)), epoch));
    }

    fn add(&mut self, new: Entry) {
        // A second tap on "send" is the same message.
        if self.entries.iter().all(|entry| entry.client_id != new.client_id) {
            self.append(new);
        }
    }

    /// Appends an entry after all others, and logs it.
    fn append(&mut self, mut entry: Entry) {
        self.last_order += 1;
        entry.order = self.last_order;
        self.log.push(StorageWrite::Unsent(entry.unsent()));
        self.entries.push(entry);
    }

    pub(crate) fn has_unsent(&self) -> bool {
        self.entries.iter().any(|entry| !entry.is_stored())
    }

    /// Rows of a room, in order.
    pub(crate) fn rows(&self, room: RoomId) -> impl Iterator<Item = Row> {
        self.of(room).filter_map(|entry| {
            let Intent::Send(message) = &entry.intent else { return None };
            let state = match &entry.stage {
                Stage::Queued { .. } | Stage::InFlight { .. } => RowState::Sending,
                Stage::Stored { .. } | Stage::Revised { .. } => RowState::Sent,
                Stage::Failed { reason, retryable } => {
                    RowState::Failed { reason: reason.clone(), retryable: *retryable }
                }
            };
            Some(Row { message: (**message).clone(), state, revising: false })
        })
    }

    /// Rooms with messages here.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.entries.iter().map(|entry| entry.room_id)
    }

    /// The frame of a room to send now, if any.
    pub(crate) fn send(&mut self, room: RoomId, now: u64, in_order: bool) -> Option<ClientFrame> {
        let entry = self.turn(room, in_order)?;
        if !matches!(entry.stage, Stage::Queued { not_before } if not_before <= now) {
            return None;
        }
        entry.stage = Stage::InFlight { since: now };
        Some(entry.frame())
    }

    /// When the room's next step is due: to send its next message, or to give up the connection.
    pub(crate) fn due(&self, room: RoomId) -> Option<u64> {
        self.of(room).find_map(|entry| match entry.stage {
            Stage::Queued { not_before } => Some(not_before),
            Stage::InFlight { since } => Some(since + ACK_TIMEOUT_MS),
            Stage::Stored { .. } | Stage::Revised { .. } | Stage::Failed { .. } => None,
        })
    }

    /// Whether an acknowledgement is so late that the connection must be dead.
    pub(crate) fn is_late(&self, room: RoomId, now: u64) -> bool {
        self.of(room).any(|entry| matches!(entry.stage, Stage::InFlight { since } if since + ACK_TIMEOUT_MS <= now))
    }

    /// Marks a message as stored under this number. Returns it as stored, the first time.
    pub(crate) fn store(&mut self, client_id: ClientId, seq: Seq, created_at: UnixMillis) -> Option<Message> {
        let entry = self.find(client_id).filter(|entry| !matches!(entry.stage, Stage::Stored { .. }))?;
        let Intent::Send(message) = &mut entry.intent else { return None };
        entry.stage = Stage::Stored { seq };
        message.created_at = created_at;
        let message = Message { seq, ..(**message).clone() };
        self.sent(StorageWrite::Sent { client_id, seq, rev: Rev(0), created_at });
        Some(message)
    }

    /// A retryable nack: the message is sent again after a backoff of `least` milliseconds or more. Returns its room.
    pub(crate) fn postpone(&mut self, client_id: ClientId, now: u64, random: u64, least: u64) -> Option<RoomId> {
        let entry = self.find(client_id).filter(|entry| matches!(entry.stage, Stage::InFlight { .. }))?;
        entry.stage = Stage::Queued { not_before: now + entry.backoff.fail(random).max(least) };
        Some(entry.room_id)
    }

    /// A final nack: the message has failed. Returns its room.
    pub(crate) fn fail(&mut self, client_id: ClientId, reason: String, retryable: bool) -> Option<RoomId> {
        let entry = self.find(client_id).filter(|entry| !matches!(entry.stage, Stage::Stored { .. }))?;
        entry.stage = Stage::Failed { reason, retryable };
        let (room, unsent) = (entry.room_id, entry.unsent());
        self.log.push(StorageWrite::Unsent(unsent));
        Some(room)
    }

    /// The room is gone: its messages fail and its revisions are dropped.
    pub(crate) fn fail_room(&mut self, room: RoomId) {
        self.retain(|entry| entry.room_id != room || (matches!(entry.intent, Intent::Send(_)) && !entry.is_stored()));
        for entry in self.entries.iter_mut().filter(|entry| entry.room_id == room) {
            entry.stage = Stage::Failed { reason: ROOM_GONE.to_owned(), retryable: true };
            self.log.push(StorageWrite::Unsent(entry.unsent()));
        }
    }

    /// Sends a failed message again, after those that wait. One that the server refused gets a new id, since the answer to the old id
    /// is final. One whose room went away while it was in flight keeps its id, for it may be stored. Returns its room.
    pub(crate) fn retry(&mut self, client_id: ClientId, anew: ClientId) -> Option<RoomId> {
        let mut entry = self.take_failed(client_id)?;
        if entry.is_refused() {
            self.log.push(StorageWrite::Discarded(client_id));
            entry.rename(anew);
        }
        entry.stage = Stage::Queued { not_before: 0 };
        entry.backoff.reset();
        let room = entry.room_id;
        self.append(entry);
        Some(room)
    }

    /// Discards a failed message. Returns its room.
    pub(crate) fn discard(&mut self, client_id: ClientId) -> Option<RoomId> {
        let room = self.forget(client_id)?;
        self.log.push(StorageWrite::Discarded(client_id));
        Some(room)
    }

    /// As [`Outbox::discard`], when the storage has removed it already. A revision may also have been refused, or dropped with its
    /// epoch.
    pub(crate) fn forget(&mut self, client_id: ClientId) -> Option<RoomId> {
        let is_change = |entry: &Entry| entry.client_id == client_id && matches!(entry.intent, Intent::Revise { .. });
        if let Some(index) = self.entries.iter().position(|entry| is_change(entry) && !entry.is_stored()) {
            return Some(self.entries.remove(index).room_id);
        }
        self.take_failed(client_id).map(|entry| entry.room_id)
    }

    /// The connection is gone: messages in flight are sent again on the next one.
    pub(crate) fn reconnect(&mut self) {
        for entry in &mut self.entries {
            if entry.is_waiting() {
                entry.stage = Stage::Queued { not_before: 0 };
            }
        }
    }

    /// Removes stored messages of a room up to `shown`, and revisions whose rows have arrived (`revised` returns a row's `rev`, or none
    /// if it is not here). Returns true if there were any.
    pub(crate) fn settle(&mut self, room: RoomId, shown: Seq, revised: impl Fn(Seq) -> Option<Rev>) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| match (&entry.stage, &entry.intent) {
            _ if entry.room_id != room => true,
            (Stage::Stored { seq }, _) => *seq > shown,
            (Stage::Revised { rev }, Intent::Revise { seq, .. }) => revised(*seq).is_some_and(|here| here < *rev),
            _ => true,
        });
        self.entries.len() != before
    }

    /// Discards all other entries.
    fn retain(&mut self, stays: impl Fn(&Entry) -> bool) {
        let log = &mut self.log;
        self.entries.retain(|entry| {
            let stays = stays(entry);
            if !stays && !entry.is_stored() {
                log.push(StorageWrite::Discarded(entry.client_id));
            }
            stays
        });
    }

    fn sent(&mut self, write: StorageWrite) {
        if !self.is_follower {
            self.log.push(write);
        }
    }

    fn of(&self, room: RoomId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.room_id == room)
    }

    fn find(&mut self, client_id: ClientId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.client_id == client_id)
    }

    /// The room's first entry that is queued or in flight; without order, the first that is not in flight.
    fn turn(&mut self, room: RoomId, in_order: bool) -> Option<&mut Entry> {
        let sent = |entry: &Entry| matches!(entry.stage, Stage::InFlight { .. });
        let mut waiting = self.entries.iter_mut().filter(|entry| entry.room_id == room && entry.is_waiting());
        waiting.find(|entry| in_order || !sent(entry))
    }

    fn take_failed(&mut self, client_id: ClientId) -> Option<Entry> {
        let index = self
            .entries
            .iter()
            .position(|entry| entry.client_id == client_id && matches!(entry.stage, Stage::Failed { .. }))?;
        Some(self.entries.remove(index))
    }
}
