//! The way to other nodes: the channels of the present epoch, signed frames, the numbers of control messages, and whether anybody
//! listens.

use super::blocks::Typist;
use super::channels::{Channel, Channels};
use super::controls::{Controls, Received};
use super::envelope::{Control, StreamPosition};
use super::keys::Keys;
use super::peers::PeerDetection;
use crate::bus::Bus;
use crate::outbound::Frame;
use parking_lot::{Mutex, RwLock};
use protocol::RoomId;
use std::fmt::Display;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// See the module's documentation.
pub(super) struct Publisher {
    /// This node's id in envelopes, to recognize its own.
    pub(super) node: Uuid,
    pub(super) bus: Arc<dyn Bus>,
    /// Sign and verify the frames of this deployment.
    pub(super) keys: Keys,
    /// The channels of the present epoch; none before it is known.
    channels: RwLock<Option<Arc<Channels>>>,
    /// Wakes [`super::Hub::listen`] after the channels were replaced.
    pub(super) channels_changed: Notify,
    /// The numbers of control messages, per node.
    controls: Mutex<Controls>,
    /// Whether other nodes are subscribed.
    pub(super) peers: PeerDetection,
}

impl Publisher {
    pub(super) fn new(bus: Arc<dyn Bus>, keys: Keys) -> Self {
        Self {
            node: Uuid::now_v7(),
            bus,
            keys,
            channels: RwLock::default(),
            channels_changed: Notify::new(),
            controls: Mutex::default(),
            peers: PeerDetection::default(),
        }
    }

    /// Takes the channels of this epoch. Returns false if they are those in use.
    pub(super) fn enter_epoch(&self, epoch: Uuid) -> bool {
        let is_other = self.channels().is_none_or(|channels| channels.epoch != epoch);
        if is_other {
            *self.channels.write() = Some(Arc::new(Channels::new(epoch)));
        }
        is_other
    }

    pub(super) fn channels(&self) -> Option<Arc<Channels>> {
        self.channels.read().clone()
    }

    /// Publishes a room's frame, unless this node has no peers.
    pub(super) fn publish_to(&self, room: RoomId, position: StreamPosition, frame: &Frame) {
        if !self.peers.is_alone() {
            self.publish(Channel::Room(room), position, frame.text());
        }
    }

    /// Publishes typing, for the connections on other nodes that show the room and may see the typist.
    pub(super) fn publish_typing(&self, room: RoomId, typist: &Typist, frame: &Frame) {
        if !self.peers.is_alone() {
            self.publish(Channel::Room(room), format_args!("{} {typist}", StreamPosition::Ephemeral), frame.text());
        }
    }

    pub(super) fn publish(&self, channel: Channel, position: impl Display, body: &str) {
        let Some(channels) = self.channels() else { return };
        let channel = channels.name(channel);
        let payload = self.keys.seal(&channel, self.node, position, body);
        self.bus.publish(channel, payload);
    }

    pub(super) fn publish_control(&self, control: &Control) {
        // Published under the lock, so that numbers are published in order.
        let mut controls = self.controls.lock();
        let position = StreamPosition::Control(controls.next());
        self.publish(Channel::Control, position, &control.encode());
    }

    /// Publishes a heartbeat with the last control number, so that the loss of even the last message is detected.
    pub(super) fn publish_alive(&self) {
        let controls = self.controls.lock();
        self.peers.record_sent(controls.last());
        self.publish(Channel::Control, StreamPosition::Control(controls.last()), &Control::Alive.encode());
    }

    /// Takes the number for the next control message, which a test publishes.
    #[cfg(test)]
    pub(super) fn next_number(&self) -> u64 {
        self.controls.lock().next()
    }

    /// Records the number of another node's control message; `alive` only repeats its last one.
    pub(super) fn receive_number(&self, node: Uuid, number: u64, alive: bool) -> Received {
        self.controls.lock().receive(node, number, alive)
    }
}
