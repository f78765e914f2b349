//! The rules: rights, what is stored, and who receives it.
//!
//! Invariant: routes, sockets and pages reach the store and the hub only through here (and through `auth`), and nothing is sent
//! before it is stored.

pub mod accounts;
mod awareness;
mod bans;
pub mod blocks;
mod completing;
pub mod epoch;
mod mechanism;
mod members;
mod messages;
pub mod people;
pub mod reach;
pub mod receipts;
pub mod repair;
mod reports;
mod revisions;
mod rooms;
mod sent_marks;
pub mod sessions;
pub mod sync;
pub mod writer;

use crate::Error;
use crate::clock::Clock;
use crate::hub::{Connection, Hub, MembershipDiff, StreamPosition};
use crate::metrics::Metrics;
#[cfg(any(test, feature = "testing"))]
pub use mechanism::Mechanism;
use mechanism::Mechanisms;
use parking_lot::Mutex;
use protocol::{ClientId, Message, RoomId, RoomKind, RoomSummary, ServerFrame, SessionId, UnixMillis, UserId};
use reach::HEADS_ROOMS;
pub use reach::Reach;
use receipts::Receipts;
pub(crate) use repair::{Rounds, SLICE_INTERVAL};
use sent_marks::SentMarks;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use store::{Access, Stamp, Store};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use uuid::Uuid;
pub(crate) use writer::Reply;
use writer::Writer;

/// See the module's documentation.
pub struct Chat {
    /// The database, the source of truth. Shared with `Auth`.
    store: Arc<dyn Store>,
    /// Local connections and other nodes.
    hub: Arc<Hub>,
    /// Commits messages, all that wait as one batch.
    writer: Writer,
    /// Stores marks and sends them to rooms, once a second.
    receipts: Receipts,
    /// The epoch that this node read last; none before the database first answers.
    epoch: Mutex<Option<Uuid>>,
    /// The time of what is stored.
    clock: Arc<dyn Clock>,
    /// Which marks people were sent.
    sent_marks: SentMarks,
    /// The last `people_rev` that this node's connections were sent.
    people_sent: AtomicI64,
    /// Held while changed names are sent.
    sending_renamed: tokio::sync::Mutex<()>,
    /// Permits to catch up, see [`CATCHING_UP`].
    catching_up: Semaphore,
    /// Wakes the task that removes what deleted rooms leave behind.
    deleted: Notify,
    /// How much goes into one frame.
    pub reach: Reach,
    metrics: Arc<Metrics>,
    mechanisms: Mechanisms,
    /// Tasks that run as long as this, with their names, until `run` takes them to supervise.
    tasks: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
}

/// The share of the store's read connections, as a divisor, that may be used for catch-up at once, so that a connection storm
/// leaves connections for everything else.
pub const CATCHING_UP: u32 = 2;
/// How long a device may wait for a permit to catch up.
pub const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(5);

const NO_ROOM: Error = Error::NotFound("room");

impl Chat {
    pub fn new(store: Arc<dyn Store>, hub: Arc<Hub>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Arc<Self> {
        Self::with_reach(store, hub, clock, metrics, Reach::default())
    }

    /// The same with other bounds of what goes into one frame.
    pub fn with_reach(
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

    /// Returns true if messages can be stored: the writer is running.
    pub fn is_storing(&self) -> bool {
        self.writer.is_alive()
    }

    /// Takes the tasks without which nothing is stored, with their names. Returns them once.
    pub fn take_tasks(&self) -> Vec<(&'static str, JoinHandle<()>)> {
        std::mem::take(&mut *self.tasks.lock())
    }

    /// The node's clock.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Registers a connection: from now on it receives what concerns its person. Returns their rooms as of just before it entered
    /// them; heads follow as a frame, so that messages in between are detected.
    pub async fn connect(&self, connection: &Arc<Connection>) -> Result<Vec<RoomSummary>, Error> {
        self.hub.attach(connection);
        let entered = async {
            let entered = self.enter_all(connection.user).await?;
            self.read_own_blocks(connection.user).await?;
            Ok::<_, Error>(entered)
        };
        let entered = entered.await;
        if entered.is_err() {
            self.hub.detach(connection);
        }
        let (rooms, diff) = entered?;
        self.notify_other_connections(connection, &rooms, &diff);
        Ok(rooms)
    }

    /// A permit to read what a device missed.
    async fn catch_up_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        match tokio::time::timeout(CATCH_UP_TIMEOUT, self.catching_up.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable("too many devices are being brought up to date".into())),
        }
    }

    /// Puts a person's connections here into all their rooms. Returns the rooms as of just before, and the difference.
    async fn enter_all(&self, user: UserId) -> Result<(Vec<RoomSummary>, MembershipDiff), Error> {
        while let Some(version) = self.hub.delivery.version_of(user) {
            let permit = self.catch_up_permit().await?;
            let rooms = self.store.list_rooms(user).await?;
            drop(permit);
            // A person who entered or left a room meanwhile has a newer version: read again.
            if let Some(diff) = self.hub.enter_rooms(user, &rooms, version) {
                self.sent_marks.begin(user, &rooms);
                self.hub.subscribe(&diff).await;
                return Ok((rooms, diff));
            }
        }
        Err(Error::Unavailable("the connection has ended".into()))
    }

    /// Sends the difference that a new connection found to the person's other connections on this node.
    fn notify_other_connections(&self, connection: &Connection, rooms: &[RoomSummary], diff: &MembershipDiff) {
        let others = self.hub.delivery.connections_of(connection.user);
        for other in others.iter().filter(|other| other.id != connection.id) {
            // A person who left meanwhile has received `room:gone` already.
            let entered = |room: &RoomId| diff.joined.contains(room) && self.hub.delivery.is_in(connection.user, *room);
            for room in rooms.iter().filter(|room| entered(&room.id)) {
                other.send(&ServerFrame::RoomChanged { room: room.clone() });
            }
            for room in &diff.left {
                other.send(&ServerFrame::RoomGone { room_id: *room });
            }
        }
    }

    /// Sends the heads of a connection's rooms on this node: messages delivered before it entered them are above its summaries.
    pub(crate) fn send_heads(&self, connection: &Connection, rooms: &[RoomId]) {
        for rooms in rooms.chunks(HEADS_ROOMS) {
            connection.send(&ServerFrame::Heads { rooms: self.hub.delivery.heads(rooms) });
        }
    }

    /// A connection has ended.
    pub fn disconnect(&self, connection: &Arc<Connection>) {
        self.hub.detach(connection);
    }

    /// A programming error has ended a connection's task.
    pub(crate) fn connection_panicked(&self) {
        self.metrics.panics.inc();
    }

    /// Counts a frame that a page could not read.
    pub(crate) fn count_unreadable(&self, kind: &'static str) {
        self.metrics.count_unreadable(kind);
    }

    /// Every connection of this node.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.hub.delivery.connections()
    }

    /// Returns true if no connection is registered.
    pub fn is_empty(&self) -> bool {
        self.hub.delivery.is_empty()
    }

    /// A session has ended: its sockets close, on all nodes.
    pub fn session_ended(&self, user: UserId, session: SessionId) {
        self.hub.close_session(user, session);
    }

    /// The user's access to a room. `NotFound` if they may not see it.
    async fn access(&self, user: UserId, room: RoomId) -> Result<Access, Error> {
        let access = self.store.find_access(user, room).await?.ok_or(NO_ROOM)?;
        if access.role.is_none() && access.kind != RoomKind::Public { Err(NO_ROOM) } else { Ok(access) }
    }

    /// Key and time for the system message of a change that is made now.
    fn stamp(&self) -> Stamp {
        Stamp { client_id: ClientId(self.clock.id()), now: self.clock.now() }
    }

    /// Delivers a system message to its room.
    fn announce(&self, message: Option<Message>) {
        if let Some(message) = message {
            let position = StreamPosition::Message(message.seq);
            self.hub.deliver(message.room_id, position, &ServerFrame::New { message });
        }
    }

    /// Puts a person's connections into a room and sends it to them. If that fails, a repair does it later.
    async fn enter_room(&self, user: UserId, id: RoomId) {
        self.hub.join_here(user, &[id]).await;
        match self.room_of(user, id).await {
            Ok(Some(room)) => self.hub.show(user, room),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a room could not be sent to a person who entered it"),
        }
    }

    /// Reads a room that a person's connections here have entered. If they are not a member, or the read fails, they leave it here.
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
mod tests;
