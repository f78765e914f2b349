//! Messages on their way. In a room they leave one after another: the next only once the server has the one before,
//! so that no failure and no retry lets a later message overtake an earlier one.

use crate::backoff::Backoff;
use crate::{Row, RowState};
use protocol::{ClientFrame, ClientId, Message, RoomId, Seq, UnixMillis};

/// How long the server may take to acknowledge a message, in milliseconds. Later the connection counts as dead.
pub(crate) const ACK_MS: u64 = 15_000;
/// The shortest and the longest wait before a message that the server could not take is sent again, in milliseconds.
const BACKOFF_MS: (u64, u64) = (1_000, 30_000);

/// How far a message is.
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
    /// The server has it. It stays here until the rows before it are known.
    Stored {
        seq: Seq,
    },
    Failed {
        reason: String,
        retryable: bool,
    },
}

#[derive(Clone, Debug)]
struct Entry {
    /// Without a number; with the device's time until the server's is known.
    message: Message,
    stage: Stage,
    backoff: Backoff,
}

/// All messages on their way, in the order of sending.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
}

impl Outbox {
    pub(crate) fn push(&mut self, message: Message) {
        // A second tap on "send" is the same message.
        if self.entries.iter().all(|entry| entry.message.client_id != message.client_id) {
            let backoff = Backoff::new(BACKOFF_MS.0, BACKOFF_MS.1);
            self.entries.push(Entry { message, stage: Stage::Queued { not_before: 0 }, backoff });
        }
    }

    /// Rows of a room, in order.
    pub(crate) fn rows(&self, room: RoomId) -> impl Iterator<Item = Row> {
        self.of(room).map(|entry| {
            let state = match &entry.stage {
                Stage::Queued { .. } | Stage::InFlight { .. } => RowState::Sending,
                Stage::Stored { .. } => RowState::Sent,
                Stage::Failed { reason, retryable } => {
                    RowState::Failed { reason: reason.clone(), retryable: *retryable }
                }
            };
            Row { message: entry.message.clone(), state }
        })
    }

    /// Rooms with messages here.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.entries.iter().map(|entry| entry.message.room_id)
    }

    /// The frame to send now, if the room's turn has come.
    pub(crate) fn send(&mut self, room: RoomId, now: u64) -> Option<ClientFrame> {
        let entry = self.turn(room)?;
        if !matches!(entry.stage, Stage::Queued { not_before } if not_before <= now) {
            return None;
        }
        entry.stage = Stage::InFlight { since: now };
        Some(ClientFrame::Send {
            client_id: entry.message.client_id,
            room_id: room,
            body: entry.message.body.clone(),
            reply_to: entry.message.reply_to,
        })
    }

    /// When the room's next step is due: its next message to be sent, or the connection to be given up.
    pub(crate) fn due(&self, room: RoomId) -> Option<u64> {
        self.of(room).find_map(|entry| match entry.stage {
            Stage::Queued { not_before } => Some(not_before),
            Stage::InFlight { since } => Some(since + ACK_MS),
            Stage::Stored { .. } | Stage::Failed { .. } => None,
        })
    }

    /// Whether an acknowledgement is so late that the connection must be dead.
    pub(crate) fn is_late(&self, room: RoomId, now: u64) -> bool {
        self.of(room).any(|entry| matches!(entry.stage, Stage::InFlight { since } if since + ACK_MS <= now))
    }

    /// The server has this message under this number. Answers with it as stored, the first time.
    pub(crate) fn store(&mut self, client_id: ClientId, seq: Seq, created_at: UnixMillis) -> Option<Message> {
        let entry = self.find(client_id).filter(|entry| !matches!(entry.stage, Stage::Stored { .. }))?;
        entry.stage = Stage::Stored { seq };
        entry.message.created_at = created_at;
        Some(Message { seq, ..entry.message.clone() })
    }

    /// The server did not take this message; it is sent again after a wait. Answers with its room.
    pub(crate) fn postpone(&mut self, client_id: ClientId, now: u64, random: u64) -> Option<RoomId> {
        let entry = self.find(client_id).filter(|entry| matches!(entry.stage, Stage::InFlight { .. }))?;
        entry.stage = Stage::Queued { not_before: now + entry.backoff.fail(random) };
        Some(entry.message.room_id)
    }

    /// The server refuses this message. Answers with its room.
    pub(crate) fn fail(&mut self, client_id: ClientId, reason: String, retryable: bool) -> Option<RoomId> {
        let entry = self.find(client_id).filter(|entry| !matches!(entry.stage, Stage::Stored { .. }))?;
        entry.stage = Stage::Failed { reason, retryable };
        Some(entry.message.room_id)
    }

    /// The room is gone: nothing can be sent to it, and what it has of ours is not shown any more.
    pub(crate) fn fail_room(&mut self, room: RoomId, reason: &str) {
        self.entries.retain(|entry| entry.message.room_id != room || !matches!(entry.stage, Stage::Stored { .. }));
        for entry in self.entries.iter_mut().filter(|entry| entry.message.room_id == room) {
            entry.stage = Stage::Failed { reason: reason.to_owned(), retryable: true };
        }
    }

    /// Sends a failed message once more, after those that wait already. Answers with its room.
    pub(crate) fn retry(&mut self, client_id: ClientId) -> Option<RoomId> {
        let mut entry = self.take_failed(client_id)?;
        entry.stage = Stage::Queued { not_before: 0 };
        entry.backoff.reset();
        let room = entry.message.room_id;
        self.entries.push(entry);
        Some(room)
    }

    /// Forgets a failed message. Answers with its room.
    pub(crate) fn discard(&mut self, client_id: ClientId) -> Option<RoomId> {
        self.take_failed(client_id).map(|entry| entry.message.room_id)
    }

    /// The connection is gone: what was not acknowledged is sent again on the next one.
    pub(crate) fn reconnect(&mut self) {
        for entry in &mut self.entries {
            if matches!(entry.stage, Stage::InFlight { .. } | Stage::Queued { .. }) {
                entry.stage = Stage::Queued { not_before: 0 };
            }
        }
    }

    /// The database began another life, and may not have what it had acknowledged: everything is sent again.
    pub(crate) fn start_over(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| !matches!(entry.stage, Stage::Failed { .. })) {
            entry.stage = Stage::Queued { not_before: 0 };
        }
    }

    /// Forgets stored messages of a room that are shown up to here. Whether there were any.
    pub(crate) fn settle(&mut self, room: RoomId, shown: Seq) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| {
            entry.message.room_id != room || !matches!(entry.stage, Stage::Stored { seq } if seq <= shown)
        });
        self.entries.len() != before
    }

    fn of(&self, room: RoomId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.message.room_id == room)
    }

    fn find(&mut self, client_id: ClientId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.message.client_id == client_id)
    }

    /// The room's first message that is neither stored nor failed.
    fn turn(&mut self, room: RoomId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| {
            entry.message.room_id == room && matches!(entry.stage, Stage::Queued { .. } | Stage::InFlight { .. })
        })
    }

    fn take_failed(&mut self, client_id: ClientId) -> Option<Entry> {
        let index = self
            .entries
            .iter()
            .position(|entry| entry.message.client_id == client_id && matches!(entry.stage, Stage::Failed { .. }))?;
        Some(self.entries.remove(index))
    }
}
