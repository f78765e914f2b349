//! The hub: which connections of this node are in which room, and how frames reach them and the other nodes.
//!
//! It knows nothing of rules or of the database. Frames are encoded once and shared by all queues.

mod connection;
mod envelope;
mod registry;

pub(crate) use connection::{Connection, Queue};

use crate::bus::{Bus, BusEvent};
use axum::extract::ws::Utf8Bytes;
use envelope::{Control, Envelope};
use protocol::{CloseCode, RoomId, ServerFrame, SessionId, UserId};
use registry::Registry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How often channels that nobody here needs any more are given back.
const RELEASE_EVERY: Duration = Duration::from_secs(60);

/// Called after bus trouble, when this node may have missed something: whoever knows the database mends it.
pub(crate) type OnGap = Arc<dyn Fn() + Send + Sync>;

/// See the module's documentation.
pub(crate) struct Hub {
    /// This node's name in envelopes, to know its own.
    node: Uuid,
    /// Local connections by room, person and session. Held for moments, never across an await.
    registry: Mutex<Registry>,
    /// How other nodes are reached.
    bus: Arc<dyn Bus>,
}

impl Hub {
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Arc<Self> {
        Arc::new(Self { node: Uuid::now_v7(), registry: Mutex::default(), bus })
    }

    /// Listens to the bus until it ends. `on_gap` is called from here and must not block.
    pub(crate) async fn listen(self: Arc<Self>, on_gap: OnGap) {
        let Some(mut events) = self.bus.take_events() else { return };
        self.bus.subscribe(vec![envelope::CONTROL.to_owned()]).await;
        let mut release = tokio::time::interval(RELEASE_EVERY);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(BusEvent::Message { channel, payload }) => self.receive(&channel, &payload),
                    Some(BusEvent::Gap) => on_gap(),
                    None => return,
                },
                _ = release.tick() => self.release().await,
            }
        }
    }

    /// Registers a connection for its person and session, in no room yet.
    pub(crate) fn attach(&self, connection: &Arc<Connection>) {
        self.lock().attach(connection);
    }

    /// Forgets a connection that has ended.
    pub(crate) fn detach(&self, connection: &Arc<Connection>) {
        self.lock().detach(connection);
    }

    /// Puts one connection into rooms, and returns once their channels are subscribed.
    pub(crate) async fn enter(&self, connection: &Arc<Connection>, rooms: impl IntoIterator<Item = RoomId>) {
        let new = self.lock().enter(connection, rooms);
        self.subscribe(new).await;
    }

    /// Puts all of a person's connections, on all nodes, into a room.
    pub(crate) async fn join(&self, user: UserId, room: RoomId) {
        self.publish_control(&Control::Joined { user, room });
        let new = self.lock().join(user, room);
        self.subscribe(new).await;
    }

    /// Takes all of a person's connections, on all nodes, out of a room.
    pub(crate) fn leave(&self, user: UserId, room: RoomId) {
        self.publish_control(&Control::Left { user, room });
        self.lock().leave(user, room);
    }

    /// Sends a frame to everybody in a room, on all nodes.
    pub(crate) fn deliver(&self, room: RoomId, frame: &ServerFrame) {
        let frame = encode(frame);
        self.bus.publish(envelope::room_channel(room), Envelope::encode(self.node, &frame));
        self.deliver_here(room, &frame);
    }

    /// Sends a frame to all connections of a person, on all nodes.
    pub(crate) fn tell(&self, user: UserId, frame: &ServerFrame) {
        let frame = encode(frame);
        self.publish_control(&Control::Tell { user, frame: frame.as_str().to_owned() });
        self.tell_here(user, &frame);
    }

    /// Closes the connections of a session, on all nodes.
    pub(crate) fn close_session(&self, session: SessionId) {
        self.publish_control(&Control::SessionEnded { session });
        self.close_session_here(session);
    }

    /// Sends a frame to everybody in a room on this node.
    fn deliver_here(&self, room: RoomId, frame: &Utf8Bytes) {
        for connection in self.lock().in_room(room) {
            connection.send_encoded(frame.clone());
        }
    }

    /// Every connection of this node.
    pub(crate) fn connections(&self) -> Vec<Arc<Connection>> {
        self.lock().all()
    }

    /// Rooms in which somebody is connected to this node.
    pub(crate) fn active_rooms(&self) -> Vec<RoomId> {
        self.lock().active_rooms()
    }

    /// Makes this node's picture of a person's rooms what the database says. Returns once new channels are subscribed.
    pub(crate) async fn replace_rooms(&self, user: UserId, rooms: &[RoomId]) {
        let new = self.lock().replace_rooms(user, rooms);
        self.subscribe(new).await;
    }

    /// Answers if the bus does; else with the reason.
    pub(crate) async fn ping(&self) -> Result<(), String> {
        self.bus.ping().await
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_here(&self, user: UserId, frame: &Utf8Bytes) {
        for connection in self.lock().of_user(user) {
            connection.send_encoded(frame.clone());
        }
    }

    fn close_session_here(&self, session: SessionId) {
        for connection in self.lock().of_session(session) {
            connection.close(CloseCode::SessionRevoked);
        }
    }

    fn publish_control(&self, control: &Control) {
        self.bus.publish(envelope::CONTROL.to_owned(), Envelope::encode(self.node, &control.encode()));
    }

    fn receive(self: &Arc<Self>, channel: &str, payload: &str) {
        let Some(envelope) = Envelope::decode(payload) else {
            tracing::warn!(channel, "something else publishes on this channel");
            return;
        };
        if envelope.node == self.node {
            return;
        }
        if let Some(room) = envelope::channel_room(channel) {
            return self.deliver_here(room, &Utf8Bytes::from(envelope.body));
        }
        match Control::decode(envelope.body) {
            Some(Control::Joined { user, room }) => {
                let new = self.lock().join(user, room);
                let hub = Arc::clone(self);
                // Not awaited: the bus is read by this very task.
                tokio::spawn(async move { hub.subscribe(new).await });
            }
            Some(Control::Left { user, room }) => self.lock().leave(user, room),
            Some(Control::Tell { user, frame }) => self.tell_here(user, &Utf8Bytes::from(frame)),
            Some(Control::SessionEnded { session }) => self.close_session_here(session),
            None => tracing::warn!("a node of another version published something unknown"),
        }
    }

    async fn subscribe(&self, rooms: Vec<RoomId>) {
        if !rooms.is_empty() {
            self.bus.subscribe(rooms.into_iter().map(envelope::room_channel).collect()).await;
        }
    }

    async fn release(&self) {
        let rooms = self.lock().take_deserted();
        if !rooms.is_empty() {
            self.bus.unsubscribe(rooms.into_iter().map(envelope::room_channel).collect()).await;
        }
    }
}

/// A frame as text, once for all who get it.
pub(crate) fn encode(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame).expect("frames have string keys only and no failing serializer").into()
}
