//! The rules: who may do what, what is stored, and who is told.
//!
//! Routes, sockets and pages reach the store and the hub only through here (and through `auth`). Nothing is told before
//! it is stored.

mod awareness;
mod completing;
pub(crate) mod epoch;
mod mechanism;
mod members;
mod messages;
pub(crate) mod people;
pub(crate) mod reach;
pub(crate) mod receipts;
pub(crate) mod repair;
mod revisions;
mod rooms;
mod sent_marks;
pub(crate) mod sessions;
pub(crate) mod sync;
pub(crate) mod writer;

use crate::Error;
use crate::clock::Clock;
use crate::hub::{Connection, Hub, MembershipDiff, StreamPosition};
use crate::metrics::Metrics;
use crate::store::{Access, Stamp, Store};
#[cfg(test)]
pub(crate) use mechanism::Mechanism;
use mechanism::Mechanisms;
use protocol::{ClientId, Message, RoomId, RoomKind, RoomSummary, ServerFrame, SessionId, UnixMillis, UserId};
use reach::HEADS_ROOMS;
pub(crate) use reach::Reach;
use receipts::Receipts;
pub(crate) use repair::{Rounds, SLICE_INTERVAL};
use sent_marks::SentMarks;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use uuid::Uuid;
pub(crate) use writer::Reply;
use writer::Writer;

/// See the module's documentation.
pub(crate) struct Chat {
    /// The truth. Shared with `Auth`.
    store: Arc<dyn Store>,
    /// Local connections and other nodes.
    hub: Arc<Hub>,
    /// Commits messages, all that are waiting at once.
    writer: Writer,
    /// Stores marks and tells rooms of them, a second's worth at once.
    receipts: Receipts,
    /// Which life of the database this is, as this node read it last; none before it first answers.
    epoch: Mutex<Option<Uuid>>,
    /// Labels what is stored.
    clock: Arc<dyn Clock>,
    /// Which marks people were told.
    sent_marks: SentMarks,
    /// Up to which change of a name this node's connections were told.
    people_sent: AtomicI64,
    /// One task at a time tells of names.
    sending_renamed: tokio::sync::Mutex<()>,
    /// How many devices may be brought up to date at the same moment.
    catching_up: Semaphore,
    /// Wakes the task that removes what deleted rooms leave behind.
    deleted: Notify,
    /// How much goes into one frame.
    pub(crate) reach: Reach,
    metrics: Arc<Metrics>,
    mechanisms: Mechanisms,
    /// What runs for as long as this does, with its name, until somebody takes it to watch over it.
    tasks: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
}

/// The share of the store's read connections, as a divisor, by which devices are brought up to date at the same moment, so
/// that a herd leaves connections for everything else.
pub(crate) const CATCHING_UP: u32 = 2;
/// How long a device may wait for that.
pub(crate) const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(5);

const NO_ROOM: Error = Error::NotFound("room");

impl Chat {
    pub(crate) fn new(store: Arc<dyn Store>, hub: Arc<Hub>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Arc<Self> {
        Self::with_reach(store, hub, clock, metrics, Reach::default())
    }

    /// The same with other bounds of what goes into one frame.
    pub(crate) fn with_reach(
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        reach: Reach,
    ) -> Arc<Self> {
        let permits = (store.readers() / CATCHING_UP).max(1) as usize;
        let (writer, writing) = Writer::spawn(Arc::clone(&store), Arc::clone(&hub), Arc::clone(&metrics));
        let (receipts, marking) = Receipts::spawn(Arc::clone(&store), Arc::clone(&hub));
        let tasks = Mutex::new(vec![("writer", writing), ("receipts", marking)]);
        Arc::new(Self {
            store,
            hub,
            writer,
            receipts,
            epoch: Mutex::default(),
            clock,
            sent_marks: SentMarks::default(),
            people_sent: AtomicI64::new(people::NOT_SENT),
            sending_renamed: tokio::sync::Mutex::default(),
            catching_up: Semaphore::new(permits),
            deleted: Notify::new(),
            reach,
            metrics,
            mechanisms: Mechanisms::default(),
            tasks,
        })
    }

    /// Whether messages can be stored: the one writer is at work.
    pub(crate) fn is_storing(&self) -> bool {
        self.writer.is_alive()
    }

    /// The tasks without which nothing is stored, each with its name. They are handed out once.
    pub(crate) fn take_tasks(&self) -> Vec<(&'static str, JoinHandle<()>)> {
        std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The node's clock.
    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// A connection starts: from now on it gets what concerns its person. Answers with their rooms as they were
    /// just before it entered them; heads follow as a frame, so that what came in between is noticed.
    pub(crate) async fn connect(&self, connection: &Arc<Connection>) -> Result<Vec<RoomSummary>, Error> {
        self.hub.attach(connection);
        let entered = self.enter_all(connection.user).await;
        if entered.is_err() {
            self.hub.detach(connection);
        }
        let (rooms, diff) = entered?;
        self.notify_other_connections(connection, &rooms, &diff);
        Ok(rooms)
    }

    /// A position among those who read what they missed.
    async fn catch_up_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        match tokio::time::timeout(CATCH_UP_TIMEOUT, self.catching_up.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable("too many devices are being brought up to date".into())),
        }
    }

    /// Makes a person's connections here be in all their rooms: these, as they were just before, and what differs by it.
    async fn enter_all(&self, user: UserId) -> Result<(Vec<RoomSummary>, MembershipDiff), Error> {
        while let Some(version) = self.hub.version_of(user) {
            let permit = self.catch_up_permit().await?;
            let rooms = self.store.list_rooms(user).await?;
            drop(permit);
            // Who entered or left one meanwhile is where that led them, and not where these are.
            if let Some(diff) = self.hub.enter_rooms(user, &rooms, version) {
                self.sent_marks.begin(user, &rooms);
                self.hub.subscribe(&diff).await;
                return Ok((rooms, diff));
            }
        }
        Err(Error::Unavailable("the connection has ended".into()))
    }

    /// What a new connection found out about its person's rooms is news to their other ones on this node.
    fn notify_other_connections(&self, connection: &Connection, rooms: &[RoomSummary], diff: &MembershipDiff) {
        let others = self.hub.connections_of(connection.user);
        for other in others.iter().filter(|other| other.id != connection.id) {
            // Who left meanwhile was told so, and is not told otherwise.
            let entered = |room: &RoomId| diff.joined.contains(room) && self.hub.is_in(connection.user, *room);
            for room in rooms.iter().filter(|room| entered(&room.id)) {
                other.send(&ServerFrame::RoomChanged { room: room.clone() });
            }
            for room in &diff.left {
                other.send(&ServerFrame::RoomGone { room_id: *room });
            }
        }
    }

    /// Tells a connection where its rooms stand here: what went out before it entered them is above its summaries.
    pub(crate) fn send_heads(&self, connection: &Connection, rooms: &[RoomId]) {
        for rooms in rooms.chunks(HEADS_ROOMS) {
            connection.send(&ServerFrame::Heads { rooms: self.hub.heads(rooms) });
        }
    }

    /// A connection has ended.
    pub(crate) fn disconnect(&self, connection: &Arc<Connection>) {
        self.hub.detach(connection);
    }

    /// A programming error has ended a connection's task.
    pub(crate) fn connection_panicked(&self) {
        self.metrics.panics.inc();
    }

    /// Every connection of this node.
    pub(crate) fn connections(&self) -> Vec<Arc<Connection>> {
        self.hub.connections()
    }

    /// Whether nobody is connected to this node.
    pub(crate) fn is_empty(&self) -> bool {
        self.hub.is_empty()
    }

    /// A session has ended: its sockets close, on all nodes.
    pub(crate) fn session_ended(&self, user: UserId, session: SessionId) {
        self.hub.close_session(user, session);
    }

    /// What this user is to the room; `NotFound` where they may not even see it.
    async fn access(&self, user: UserId, room: RoomId) -> Result<Access, Error> {
        let access = self.store.find_access(user, room).await?.ok_or(NO_ROOM)?;
        if access.role.is_none() && access.kind != RoomKind::Public { Err(NO_ROOM) } else { Ok(access) }
    }

    /// Key and time for the system message of a change that is made now.
    fn stamp(&self) -> Stamp {
        Stamp { client_id: ClientId(self.clock.id()), now: self.clock.now() }
    }

    /// Tells a room about one of its facts.
    fn announce(&self, message: Option<Message>) {
        if let Some(message) = message {
            let position = StreamPosition::Message(message.seq);
            self.hub.deliver(message.room_id, position, &ServerFrame::New { message });
        }
    }

    /// Puts a person's connections into a room and shows it to them. Where that cannot be done now, a repair will.
    async fn enter_room(&self, user: UserId, id: RoomId) {
        self.hub.join_here(user, &[id]).await;
        match self.room_of(user, id).await {
            Ok(Some(room)) => self.hub.show(user, room),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a room could not be shown to somebody who entered it"),
        }
    }

    /// A room that a person's connections here have entered, to be shown to them; whose it is not, or who cannot be shown
    /// it now, is not in it here.
    async fn room_of(&self, user: UserId, id: RoomId) -> Result<Option<RoomSummary>, Error> {
        let found = self.store.find_room(user, id).await;
        let found = found.map(|room| room.filter(|room| room.role.is_some()));
        if !matches!(found, Ok(Some(_))) {
            self.hub.leave_here(user, id);
        }
        Ok(found?)
    }
}

#[cfg(test)]
mod entering;
#[cfg(test)]
mod filling;
#[cfg(test)]
mod repairing;
#[cfg(test)]
mod storm;
