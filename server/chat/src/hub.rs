//! The hub: which connections of this node are in which room, and how frames reach them and the other nodes.
//!
//! Invariant: it knows neither rules nor the database. Frames are encoded once and shared by all queues.

pub mod awareness;
mod catch_up;
mod channels;
pub mod connection;
mod controls;
mod envelope;
pub mod gaps;
mod invalidation;
mod keys;
mod memberships;
mod peers;
pub mod presence;
mod receive;
pub mod recent_cache;
mod registry;
pub mod rejected;
pub mod sequence;
pub mod subscriptions;

pub(crate) use awareness::PRESENCE_INTERVAL;
pub use connection::Connection;
pub(crate) use envelope::StreamPosition;
pub use invalidation::Invalidation;
pub use keys::Keys;
pub(crate) use registry::{ConnectedPerson, MembershipDiff};

use crate::bus::{Bus, BusEvent};
use crate::metrics::Metrics;
use crate::outbound::{Frame, Outbound};
use awareness::Awareness;
use channels::{Channel, Channels};
use controls::Controls;
use envelope::Control;
use futures_util::StreamExt;
use invalidation::OnInvalidation;
use parking_lot::{Mutex, MutexGuard, RwLock};
use peers::PeerDetection;
use protocol::{CloseCode, RoomId, ServerFrame, SessionId, UserId};
use registry::Registry;
use rejected::Rejected;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use subscriptions::Subscriptions;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

/// People whose connections are measured before yielding to other tasks.
pub const MEASURE_BATCH: usize = 500;
/// How often a node publishes a heartbeat with its last control number.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// Called after an interruption of the bus, when this node may have missed messages: the caller reconciles with the database.
pub(crate) type OnInterruption = Arc<dyn Fn() + Send + Sync>;

/// See the module's documentation.
pub struct Hub {
    /// This node's id in envelopes, to recognize its own.
    node: Uuid,
    /// Local connections by room, person and session. Held for moments, never across an await.
    registry: Mutex<Registry>,
    /// The bus to other nodes.
    bus: Arc<dyn Bus>,
    /// Sign and verify the frames of this deployment.
    keys: Keys,
    /// Counts frames with a wrong signature.
    rejected: Rejected,
    /// The channels of the present epoch; none before it is known.
    channels: RwLock<Option<Arc<Channels>>>,
    /// Wakes [`Hub::listen`] after the channels were replaced.
    channels_changed: Notify,
    /// The numbers of control messages, per node.
    controls: Mutex<Controls>,
    /// Wakes the task that fills gaps from the store.
    gaps: Notify,
    /// Pending subscriptions of room channels.
    subscriptions: Subscriptions,
    /// Rooms whose channels were subscribed a moment ago: messages committed just before are to be looked for.
    opened: Mutex<Vec<RoomId>>,
    /// Wakes the task that looks for them.
    opening: Notify,
    /// Typing and presence.
    awareness: Mutex<Awareness>,
    /// Whether other nodes are subscribed.
    peers: PeerDetection,
    /// Evicts invalidated entries of caches. Set once, by `run`.
    on_invalidation: OnceLock<OnInvalidation>,
    metrics: Arc<Metrics>,
}

impl Hub {
    pub fn new(bus: Arc<dyn Bus>, keys: Keys, metrics: Arc<Metrics>) -> Arc<Self> {
        let node = Uuid::now_v7();
        Arc::new(Self {
            node,
            registry: Mutex::default(),
            bus,
            keys,
            rejected: Rejected::default(),
            channels: RwLock::default(),
            channels_changed: Notify::new(),
            controls: Mutex::default(),
            gaps: Notify::new(),
            subscriptions: Subscriptions::default(),
            opened: Mutex::default(),
            opening: Notify::new(),
            awareness: Mutex::default(),
            peers: PeerDetection::default(),
            on_invalidation: OnceLock::new(),
            metrics,
        })
    }

    /// Reads the bus until it ends. `on_interruption` is called from here and must not block.
    pub async fn listen(self: Arc<Self>, on_interruption: OnInterruption) {
        let Some(mut events) = self.bus.take_events() else { return };
        let mut alive = tokio::time::interval(ALIVE_INTERVAL);
        loop {
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(BusEvent::Message { channel, payload }) => if self.receive(&channel, &payload).is_break() {
                        on_interruption();
                    },
                    Some(BusEvent::Interrupted) => {
                        self.metrics.bus_interruptions.inc();
                        self.peers.record_peer();
                        on_interruption();
                    }
                    None => return,
                },
                () = self.channels_changed.notified() => {
                    self.peers.record_peer();
                    on_interruption();
                }
                _ = alive.tick() => self.publish_alive(),
            }
        }
    }

    /// Sets the epoch of the database. Nodes of one epoch use their own channels: with another epoch this node moves to them.
    pub fn enter_epoch(&self, epoch: Uuid) {
        if self.channels().is_some_and(|channels| channels.epoch == epoch) {
            return;
        }
        *self.channels.write() = Some(Arc::new(Channels::new(epoch)));
        self.subscriptions.wake();
    }

    fn channels(&self) -> Option<Arc<Channels>> {
        self.channels.read().clone()
    }

    /// Registers a connection for its person and session, in the rooms of the person's other connections.
    pub(crate) fn attach(&self, connection: &Arc<Connection>) {
        self.connect_awareness(connection);
        self.lock().attach(connection);
    }

    /// Removes a connection that has ended.
    pub(crate) fn detach(&self, connection: &Arc<Connection>) {
        self.lock().detach(connection);
        self.disconnect_awareness(connection);
    }

    /// Sends a frame to all connections in a room, on all nodes, in the order of its stream position.
    pub(crate) fn deliver(&self, room: RoomId, position: StreamPosition, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        self.publish_to(room, position, &frame);
        self.deliver_here(room, position, &frame);
    }

    /// Sends a frame to all connections of a person, on all nodes.
    pub(crate) fn send_to_user(&self, user: UserId, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        self.publish_control(&Control::SendToUser { user, frame: frame.text().to_owned() });
        self.send_to_user_here(user, &frame);
    }

    /// Closes the connections of one of a person's sessions, on all nodes.
    pub(crate) fn close_session(&self, user: UserId, session: SessionId) {
        self.publish_control(&Control::SessionEnded { user, session });
        self.close_session_here(user, session);
    }

    /// Delivers a frame to the room's connections on this node, in the order of its stream.
    fn deliver_here(&self, room: RoomId, position: StreamPosition, frame: &Frame) {
        let began = Instant::now();
        let mut registry = self.lock();
        let Some(active) = registry.room(room) else { return };
        let frames = active.sequence.offer(position, frame, began);
        active.send(&frames);
        let delivered = frames.len() * active.connections.len();
        let (has_gap, head) = (active.sequence.has_gap(), active.sequence.head());
        if let Some(head) = head {
            registry.recent.record(room, position, &frames, head);
        }
        let is_new_gap = registry.gaps.set(room, has_gap, began);
        drop(registry);
        if is_new_gap {
            self.metrics.gaps_found.inc();
            self.gaps.notify_one();
        }
        self.metrics.deliveries.inc_by(delivered as u64);
        self.metrics.fan_out.observe(began.elapsed().as_secs_f64());
    }

    /// Every connection of this node.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.lock().all()
    }

    /// A person's connections to this node.
    pub(crate) fn connections_of(&self, user: UserId) -> Vec<Arc<Connection>> {
        self.lock().of_user(user).to_vec()
    }

    /// Returns true if no connection is registered.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Samples the gauges of connections, in slices that yield.
    pub async fn measure(&self) {
        let (mut after, mut connections, mut queued) = (None, 0, 0);
        loop {
            let people = self.people(after, MEASURE_BATCH);
            let Some((last, _)) = people.last() else { break };
            after = Some(*last);
            let outbounds = people.iter().flat_map(|(_, person)| &person.connections);
            for connection in outbounds {
                connections += 1;
                queued += connection.outbound.queued();
            }
            tokio::task::yield_now().await;
        }
        let rooms = self.lock().room_count();
        let gauges = [
            (&self.metrics.connections, connections),
            (&self.metrics.queued_bytes, queued),
            (&self.metrics.rooms, rooms),
        ];
        for (gauge, value) in gauges {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// The channel of a room.
    #[cfg(any(test, feature = "testing"))]
    pub fn room_channel(&self, room: RoomId) -> String {
        self.channels().map_or_else(String::new, |channels| channels.name(Channel::Room(room)))
    }

    /// See [`Bus::count`].
    pub async fn count(&self, key: &str, window: Duration) -> Option<u64> {
        let epoch = self.channels()?.epoch;
        self.bus.count(&format!("{}:{key}", epoch.simple()), window).await
    }

    /// Pings the bus. Returns the reason if it does not answer.
    pub async fn ping(&self) -> Result<(), String> {
        self.bus.ping().await
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock()
    }

    /// Sends a frame to all connections of a person on this node.
    pub(crate) fn send_to_user_here(&self, user: UserId, frame: &Frame) {
        Outbound::send_all(
            self.lock().of_user(user).iter().map(|connection| &connection.outbound),
            std::slice::from_ref(frame),
        );
    }

    /// Sends a frame to all connections of this node.
    pub(crate) fn send_to_all_here(&self, frame: &Frame) {
        let connections = self.connections();
        Outbound::send_all(connections.iter().map(|connection| &connection.outbound), std::slice::from_ref(frame));
    }

    /// Closes the connections of a session on this node and evicts it from caches.
    pub(crate) fn close_session_here(&self, user: UserId, session: SessionId) {
        self.invalidate(Invalidation::Session(session));
        for connection in self.lock().of_session(user, session) {
            connection.close(CloseCode::SessionRevoked);
        }
    }

    /// Publishes a room's frame, unless this node has no peers.
    fn publish_to(&self, room: RoomId, position: StreamPosition, frame: &Frame) {
        if !self.peers.is_alone() {
            self.publish(Channel::Room(room), position, frame.text());
        }
    }

    fn publish(&self, channel: Channel, position: StreamPosition, body: &str) {
        let Some(channels) = self.channels() else { return };
        let channel = channels.name(channel);
        let payload = self.keys.seal(&channel, self.node, position, body);
        self.bus.publish(channel, payload);
    }

    fn publish_control(&self, control: &Control) {
        // Published under the lock, so that numbers are published in order.
        let mut controls = self.controls.lock();
        let position = StreamPosition::Control(controls.next());
        self.publish(Channel::Control, position, &control.encode());
    }

    /// Publishes a heartbeat with the last control number, so that the loss of even the last message is detected.
    fn publish_alive(&self) {
        let controls = self.controls.lock();
        self.peers.record_sent(controls.last());
        self.publish(Channel::Control, StreamPosition::Control(controls.last()), &Control::Alive.encode());
    }
}

#[cfg(test)]
mod versions;
