//! The engine: routes each input to the part that it concerns and collects the effects.

mod actions;
mod awareness;
mod flush;
mod frames;
mod history;
mod link;
mod people;
mod persistence;
mod snapshot;
mod sync;

use crate::answer::Answer;
use crate::awareness::Awareness;
use crate::connection::Connection;
use crate::mechanism::Mechanisms;
use crate::outbox::Outbox;
use crate::people::People;
use crate::persistence::Persistence;
use crate::rooms::Rooms;
use crate::timeline::Timeline;
use crate::timers::{Timer, Timers};
use crate::{ConnectionState, Effect, Input, Now, Row, RowState, Unsent, View};
use persistence::TabRole;
use protocol::{HistoryPage, RoomId, RoomSummary, UnixMillis, User};
use snapshot::Snapshot;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A device's view of its person's rooms. See the crate's documentation.
#[derive(Debug)]
pub struct Engine {
    me: User,
    connection: Connection,
    rooms: Rooms,
    outbox: Outbox,
    /// Messages that the storage has as unsent and the page has as rows: the page may be of an earlier epoch. Empty after
    /// `welcome`.
    unverified: Vec<Unsent>,
    /// Whether this tab sends.
    tab_role: TabRole,
    /// Which rooms are persisted.
    persistence: Persistence,
    /// The room that the person looks at.
    open: Option<RoomId>,
    /// Whether the server has told this engine which rooms there are.
    greeted: bool,
    /// What has come of the list of rooms in `welcome`, until all of it has.
    snapshot: Option<Snapshot>,
    /// Whether marks or rooms have changed on this connection before the list in `welcome` was applied.
    changed_before_list: bool,
    /// Frames of later nodes that could not be read.
    skipped: u64,
    /// The kinds of those that were reported on this connection.
    reported: BTreeSet<&'static str>,
    /// The epoch of what this device holds.
    epoch: Option<Uuid>,
    /// How many epochs this engine has left behind.
    generation: u32,
    /// Who is typing and who is there.
    awareness: Awareness,
    /// What people are called.
    people: People,
    timers: Timers,
    /// The clocks at the last input, to see that the device was suspended meanwhile.
    clocks: Option<(u64, UnixMillis)>,
    /// Rooms that may have something to send or to fetch now; empty between two inputs.
    dirty: BTreeSet<RoomId>,
    /// What the present input leads to; empty between two inputs.
    answer: Answer,
    pub(crate) mechanisms: Mechanisms,
}

impl Engine {
    /// An engine that knows what the server rendered: the person, their rooms, and the newest page of the open room.
    #[must_use]
    pub fn new(me: User, rooms: Vec<RoomSummary>, open: Option<(RoomId, HistoryPage)>) -> Self {
        let mut known = Rooms::default();
        let mut people = People::default();
        people.meet(me.id);
        for summary in rooms {
            people.meet_in_room(&summary);
            known.entry(summary.id).learn(me.id, summary);
        }
        let open = open.map(|(id, page)| {
            page.messages.iter().for_each(|row| people.meet_in_row(row));
            known.entry(id).load(me.id, page);
            id
        });
        Self {
            me,
            connection: Connection::new(),
            rooms: known,
            outbox: Outbox::default(),
            unverified: Vec::new(),
            tab_role: TabRole::Leader,
            persistence: Persistence::default(),
            open,
            greeted: false,
            snapshot: None,
            changed_before_list: false,
            skipped: 0,
            reported: BTreeSet::new(),
            epoch: None,
            generation: 0,
            awareness: Awareness::default(),
            people,
            timers: Timers::default(),
            clocks: None,
            dirty: BTreeSet::new(),
            answer: Answer::default(),
            mechanisms: Mechanisms::default(),
        }
    }

    /// Sets the epoch of what the server rendered: a `welcome` of another epoch drops it.
    #[must_use]
    pub const fn of_epoch(mut self, epoch: Option<Uuid>) -> Self {
        self.epoch = epoch;
        self
    }

    /// The epoch of what this device holds; none before it has heard of any.
    #[must_use]
    pub const fn epoch(&self) -> Option<Uuid> {
        self.epoch
    }

    /// Takes one input and answers with what to do, in order.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let before = self.connection.state();
        let was_suspended = self.was_suspended(now, matches!(input, Input::Wake));
        match input {
            Input::Connected => self.connected(now),
            Input::Frame(frame) => self.frame(now, frame),
            Input::Unreadable { kind, head } => self.unreadable(now, kind, head),
            Input::LaterVersion => self.outdated(now),
            Input::Disconnected { code } => self.lose(now, code),
            Input::Wake => self.wake(now, was_suspended),
            Input::ConnectNow => self.hurry(now, true),
            Input::Resumed => self.hurry(now, false),
            Input::Send { client_id, room_id, body, reply_to } => {
                self.unpark(now);
                self.send(now, client_id, room_id, body, reply_to);
            }
            Input::Revise { client_id, room_id, seq, revision } => self.revise(client_id, room_id, seq, revision),
            Input::Retry { client_id, anew } => self.retry(client_id, anew),
            Input::Discard(client_id) => self.discard(client_id),
            Input::Typing { room_id, typing } => self.write(now, room_id, typing),
            Input::Away(away) => self.awareness.away = away,
            Input::Open(room) => self.look_at(now, room),
            Input::LoadOlder(room) => self.load_older(room),
            Input::Seen { room_id, seq } => self.seen(room_id, seq),
            Input::History { room_id, request, generation, result } if generation == self.generation => {
                self.history(now, room_id, request, result);
            }
            Input::History { .. } => {}
            Input::Room(summary) if self.rooms.is_of_before(&summary) => {}
            Input::Room(summary) => self.room_answered(summary),
            // The server says so itself, in the order of what else it says: an answer may be older than another entry.
            Input::RoomLeft(_) if self.connection.accepts_frames() => {}
            Input::RoomLeft(room) => self.room_gone(room),
            Input::BecomeFollower => self.become_follower(),
            Input::Restore(saved) => self.restore(saved),
            Input::BecomeLeader { rooms } => self.become_leader(now, rooms),
            Input::PeerWrites(writes) => self.apply_peer_writes(now, writes),
        }
        if was_suspended {
            self.probe(now);
        }
        self.flush(now);
        self.save();
        if self.connection.state() != before {
            self.answer.changed(View::Connection);
        }
        if let Some(at) = self.timers.ask() {
            self.answer.ask(Effect::WakeAt(at));
        }
        std::mem::take(&mut self.answer).finish()
    }

    /// Whose device this is.
    #[must_use]
    pub const fn me(&self) -> &User {
        &self.me
    }

    /// The rooms, the latest active first.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomSummary> {
        let mut rooms = self.rooms.list();
        rooms.iter_mut().for_each(|room| self.people.name_room(room));
        rooms
    }

    /// One room, if the person is in it or looks at it.
    #[must_use]
    pub fn room(&self, room: RoomId) -> Option<&RoomSummary> {
        self.rooms.get(room)?.summary.as_ref()
    }

    /// The rows of a room in the order of the screen: stored ones by `seq`, then the outbox. Newest last, without gaps.
    #[must_use]
    pub fn rows(&self, room: RoomId) -> Vec<Row> {
        let shown = self.timeline(room).into_iter().flat_map(Timeline::rows);
        let stored = shown.map(|message| {
            let (message, revising) = self.outbox.revised(self.me.id, message);
            let state = self.rooms.get(room).map_or(RowState::Sent, |room| room.receipt(&self.me, &message));
            Row { message, state, revising }
        });
        let mut rows: Vec<Row> = stored.chain(self.outbox.rows(room)).collect();
        rows.iter_mut().for_each(|row| self.people.name_row(&mut row.message));
        rows
    }

    /// Whether older rows than those shown exist on the server.
    #[must_use]
    pub fn has_older(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(crate::room::Room::has_older)
    }

    /// Whether newer rows exist that are not shown, since the window was moved away from them. Opening the room
    /// again leads back to the newest.
    #[must_use]
    pub fn has_newer(&self, room: RoomId) -> bool {
        self.timeline(room).is_some_and(|timeline| !timeline.is_at_newest())
    }

    /// Whether a page of older rows is on its way.
    #[must_use]
    pub fn is_loading_older(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|room| room.fetcher.older)
    }

    /// Whether the newest page is on its way.
    #[must_use]
    pub fn is_loading_newest(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|room| room.fetcher.newest)
    }

    /// Whether there is anything that the server is not known to have.
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        self.outbox.has_unsent()
    }

    /// Frames that this version could not read and skipped.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn connection(&self) -> ConnectionState {
        self.connection.state()
    }

    /// Unread messages over all rooms, for the title.
    #[must_use]
    pub fn unread(&self) -> i64 {
        self.rooms.unread()
    }

    fn timeline(&self, room: RoomId) -> Option<&Timeline> {
        self.rooms.get(room)?.timeline.as_ref()
    }

    fn wake(&mut self, now: Now, was_suspended: bool) {
        for timer in self.timers.wake(now.monotonic_ms) {
            match timer {
                Timer::Connection if self.connection.is_due(now) => self.connect(now),
                Timer::Connection => self.time_out(now, was_suspended),
                // The input itself leads to what is asked for.
                Timer::People => {}
                Timer::Typing => {
                    if self.awareness.expire(now.monotonic_ms, &mut self.timers) {
                        self.answer.changed(View::Awareness);
                    }
                }
                Timer::History(room) | Timer::Outbox(room) | Timer::Marks(room) => {
                    self.dirty.insert(room);
                }
            }
        }
    }
}
