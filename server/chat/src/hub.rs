//! The hub: which connections of this node are in which room, and how frames reach them and the other nodes.
//!
//! Invariant: it knows neither rules nor the database. Frames are encoded once and shared by all queues.

pub mod awareness;
mod blocks;
mod channels;
pub mod connection;
mod controls;
pub mod delivery;
mod envelope;
pub mod gaps;
mod invalidation;
mod keys;
mod memberships;
mod peers;
pub mod presence;
mod publisher;
mod receive;
pub mod recent_cache;
mod registry;
pub mod rejected;
pub mod sequence;
pub mod subscriptions;

pub(crate) use awareness::{PRESENCE_INTERVAL, Watched};
pub use connection::Connection;
pub use delivery::Delivery;
pub(crate) use envelope::StreamPosition;
pub use invalidation::Invalidation;
pub use keys::Keys;
pub(crate) use registry::{ConnectedPerson, MembershipDiff};

use crate::bus::{Bus, BusEvent};
use crate::metrics::Metrics;
use crate::outbound::Frame;
use awareness::Awareness;
#[cfg(any(test, feature = "testing"))]
use channels::Channel;
use envelope::Control;
use futures_util::StreamExt;
use invalidation::OnInvalidation;
use parking_lot::Mutex;
use protocol::{CloseCode, RoomId, ServerFrame, SessionId, UserId};
use publisher::Publisher;
use rejected::Rejected;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use subscriptions::Subscriptions;
use uuid::Uuid;

/// How often a node publishes a heartbeat with its last control number.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// Called after an interruption of the bus, when this node may have missed messages: the caller reconciles with the database.
pub(crate) type OnInterruption = Arc<dyn Fn() + Send + Sync>;

/// See the module's documentation.
pub struct Hub {
    /// Connections of this node, and what reaches them.
    pub delivery: Delivery,
    /// The way to other nodes.
    publisher: Publisher,
    /// Counts frames of other nodes with a wrong signature.
    rejected: Rejected,
    /// Pending subscriptions of room channels.
    subscriptions: Subscriptions,
    /// Typing and presence.
    awareness: Mutex<Awareness>,
    /// Evicts invalidated entries of caches. Set once, by `run`.
    on_invalidation: OnceLock<OnInvalidation>,
    metrics: Arc<Metrics>,
}

impl Hub {
    pub fn new(bus: Arc<dyn Bus>, keys: Keys, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            delivery: Delivery::new(Arc::clone(&metrics)),
            publisher: Publisher::new(bus, keys),
            rejected: Rejected::default(),
            subscriptions: Subscriptions::default(),
            awareness: Mutex::default(),
            on_invalidation: OnceLock::new(),
            metrics,
        })
    }

    /// Reads the bus until it ends. `on_interruption` is called from here and must not block.
    pub async fn listen(self: Arc<Self>, on_interruption: OnInterruption) {
        let Some(mut events) = self.publisher.bus.take_events() else { return };
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
                        self.publisher.peers.record_peer();
                        on_interruption();
                    }
                    None => return,
                },
                () = self.publisher.channels_changed.notified() => {
                    self.publisher.peers.record_peer();
                    on_interruption();
                }
                _ = alive.tick() => self.publisher.publish_alive(),
            }
        }
    }

    /// Sets the epoch of the database. Nodes of one epoch use their own channels: with another epoch this node moves to them.
    pub fn enter_epoch(&self, epoch: Uuid) {
        if self.publisher.enter_epoch(epoch) {
            self.subscriptions.wake();
        }
    }

    /// See [`Bus::count`].
    pub async fn count(&self, key: &str, window: Duration) -> Option<u64> {
        let epoch = self.publisher.channels()?.epoch;
        self.publisher.bus.count(&format!("{}:{key}", epoch.simple()), window).await
    }

    /// Pings the bus. Returns the reason if it does not answer.
    pub async fn ping(&self) -> Result<(), String> {
        self.publisher.bus.ping().await
    }

    /// The channel of a room.
    #[cfg(any(test, feature = "testing"))]
    pub fn room_channel(&self, room: RoomId) -> String {
        self.publisher.channels().map_or_else(String::new, |channels| channels.name(Channel::Room(room)))
    }

    /// Registers a connection for its person and session, in the rooms of the person's other connections.
    pub(crate) fn attach(&self, connection: &Arc<Connection>) {
        self.connect_awareness(connection);
        self.delivery.lock().attach(connection);
    }

    /// Removes a connection that has ended.
    pub(crate) fn detach(&self, connection: &Arc<Connection>) {
        self.delivery.lock().detach(connection);
        self.disconnect_awareness(connection);
    }

    /// Sends a frame to all connections in a room, on all nodes, in the order of its stream position.
    pub(crate) fn deliver(&self, room: RoomId, position: StreamPosition, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        self.publisher.publish_to(room, position, &frame);
        self.delivery.deliver(room, position, &frame);
    }

    /// Sends a frame to all connections of a person, on all nodes.
    pub(crate) fn send_to_user(&self, user: UserId, frame: &ServerFrame) {
        let frame = Frame::encode(frame);
        self.publisher.publish_control(&Control::SendToUser { user, frame: frame.text().to_owned() });
        self.delivery.send_to_user(user, &frame);
    }

    /// Closes the connections of one of a person's sessions, on all nodes.
    pub(crate) fn close_session(&self, user: UserId, session: SessionId) {
        self.publisher.publish_control(&Control::SessionEnded { user, session });
        self.close_session_here(user, session);
    }

    /// Closes the connections of a session on this node and evicts it from caches.
    pub(crate) fn close_session_here(&self, user: UserId, session: SessionId) {
        self.invalidate(Invalidation::Session(session));
        for connection in self.delivery.lock().of_session(user, session) {
            connection.close(CloseCode::SessionRevoked);
        }
    }
}

#[cfg(test)]
mod tests;
