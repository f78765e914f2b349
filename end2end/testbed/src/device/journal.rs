//! What a device has done and what was promised to it: kept apart from the engine, to hold against the database later.

use client::{ConnectionState, Effect, Engine, Input, Now, Revision};
use protocol::{ClientFrame, ClientId, RoomId, Seq, ServerFrame, UnixMillis};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// A message that the person typed.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its name.
    pub client_id: ClientId,
    /// Where.
    pub room_id: RoomId,
    /// What.
    pub body: String,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Journal {
    /// In the order of typing.
    pub sent: Vec<Sent>,
    /// Ids of the changes of text that the person made. Those that wait when a new epoch begins are dropped, because they name numbers
    /// of the epoch before.
    pub edited: Vec<ClientId>,
    /// What the server said it has, and under which number.
    pub acknowledged: HashMap<ClientId, (RoomId, Seq)>,
    /// Acknowledgements of messages that were stored already when they were sent again.
    pub repeats: usize,
    /// From each loss of the connection until everything that was there by the next `welcome` was shown.
    pub resumes: Vec<Duration>,
    /// What should not have happened: the session ended, the protocol was refused.
    pub troubles: Vec<String>,
    /// Changes that the server said it has.
    revised: HashSet<ClientId>,
    epoch: Option<Uuid>,
    /// When a message that is not acknowledged was last given to the socket.
    transmitted: HashMap<ClientId, UnixMillis>,
    /// When the connection was lost, in monotonic milliseconds, until all is caught up.
    lost_at: Option<u64>,
    /// How far each room was at the `welcome` after a loss, until it is shown that far.
    behind: BTreeMap<RoomId, Seq>,
}

impl Journal {
    /// Something is about to happen to the engine.
    pub(super) fn record(&mut self, input: &Input) {
        match input {
            Input::Send { client_id, room_id, body, .. } => {
                self.sent.push(Sent { client_id: *client_id, room_id: *room_id, body: body.clone() });
            }
            Input::Revise { client_id, revision: Revision::Edit(_), .. } => self.edited.push(*client_id),
            Input::Frame(ServerFrame::Ack { client_id, room_id, seq, created_at, .. }) => {
                // Changes of messages are acknowledged too.
                if let Some(at) = self.transmitted.remove(client_id) {
                    // Nodes and devices of a run share one clock.
                    self.repeats += usize::from(*created_at < at);
                    self.acknowledged.insert(*client_id, (*room_id, *seq));
                } else {
                    self.revised.insert(*client_id);
                }
            }
            _ => {}
        }
    }

    /// It has happened, and this came of it.
    pub(super) fn follow(&mut self, now: Now, before: ConnectionState, engine: &Engine, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Transmit(ClientFrame::Send { client_id, .. }) => {
                    self.transmitted.insert(*client_id, now.wall);
                }
                Effect::Refused(reason) => self.troubles.push(format!("a change was refused: {reason}")),
                Effect::SignedOut => self.troubles.push("the session ended".to_owned()),
                Effect::Reload => self.troubles.push("the protocol was refused".to_owned()),
                _ => {}
            }
        }
        if self.epoch != engine.epoch() && self.epoch.is_some() {
            self.edited.retain(|edit| self.revised.contains(edit));
        }
        self.epoch = engine.epoch();
        let (was_online, is_online) =
            (before == ConnectionState::Online, engine.connection() == ConnectionState::Online);
        if was_online && !is_online {
            self.lost_at.get_or_insert(now.monotonic_ms);
            self.behind.clear();
        }
        if !was_online && is_online && self.lost_at.is_some() {
            self.behind = engine.rooms().into_iter().map(|room| (room.id, room.last_seq)).collect();
        }
        if is_online && self.lost_at.is_some() {
            self.behind.retain(|room, seq| shown(engine, *room) < *seq);
            if self.behind.is_empty()
                && let Some(lost_at) = self.lost_at.take()
            {
                self.resumes.push(Duration::from_millis(now.monotonic_ms - lost_at));
            }
        }
    }
}

/// How far a room is shown.
fn shown(engine: &Engine, room: RoomId) -> Seq {
    engine.rows(room).iter().map(|row| row.message.seq).max().unwrap_or_default()
}
