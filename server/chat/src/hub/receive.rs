//! Receives what other nodes publish: verifies it, then applies it to the connections of this node.

use super::channels::Channel;
use super::controls::Received;
use super::envelope::{Control, Envelope, StreamPosition};
use super::{Hub, Invalidation, Keys};
use crate::outbound::Frame;
use std::ops::ControlFlow;

impl Hub {
    /// Returns `Break` if a control message before this one was lost.
    pub(super) fn receive(&self, name: &str, payload: &str) -> ControlFlow<()> {
        // Other channels may still arrive for a moment after a change of the epoch.
        let Some(channel) = self.publisher.channels().and_then(|channels| channels.read(name)) else {
            return ControlFlow::Continue(());
        };
        let envelope = Keys::open(payload);
        let is_own = envelope.as_ref().is_some_and(|envelope| envelope.node == self.publisher.node);
        if is_own && channel != Channel::Control {
            return ControlFlow::Continue(());
        }
        let Some(envelope) = envelope.filter(|_| self.publisher.keys.verifies(name, payload)) else {
            self.reject(name);
            return ControlFlow::Continue(());
        };
        if is_own {
            if let StreamPosition::Control(number) = envelope.position
                && let Some(lag) = self.publisher.peers.record_echo(number)
            {
                // The round trip of this node's own message is the lag to other nodes.
                self.metrics.bus_lag.observe(lag.as_secs_f64());
            }
            return ControlFlow::Continue(());
        }
        self.publisher.peers.record_peer();
        match channel {
            Channel::Presence => self.receive_presence(envelope.node, envelope.body),
            Channel::Room(room) if envelope.position == StreamPosition::Ephemeral => {
                self.deliver_typing(room, envelope.typist.as_ref(), &Frame::of_text(envelope.body));
            }
            Channel::Room(room) => self.delivery.deliver(room, envelope.position, &Frame::of_text(envelope.body)),
            Channel::Control => return self.receive_control(&envelope),
        }
        ControlFlow::Continue(())
    }

    /// Counts a frame that no node of this deployment published, or one with another secret.
    fn reject(&self, channel: &str) {
        self.metrics.bus_rejected.inc();
        if let Some(count) = self.rejected.count() {
            tracing::warn!(
                count,
                channel,
                "frames on the bus were dropped: they are not signed with this node's JWT_SECRET"
            );
        }
    }

    fn receive_control(&self, envelope: &Envelope<'_>) -> ControlFlow<()> {
        let StreamPosition::Control(number) = envelope.position else { return ControlFlow::Continue(()) };
        let control = Control::decode(envelope.body);
        let received = self.publisher.receive_number(envelope.node, number, control == Some(Control::Alive));
        if received != Received::Known {
            self.apply(control);
        }
        if received == Received::AfterGap { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn apply(&self, control: Option<Control>) {
        match control {
            Some(Control::Joined { user, room }) => self.joined_elsewhere(user, *room),
            Some(Control::Left { user, room }) => self.dismiss_here(user, room),
            Some(Control::SendToUser { user, frame }) => self.delivery.send_to_user(user, &Frame::of_text(&frame)),
            Some(Control::SessionEnded { user, session }) => self.close_session_here(user, session),
            Some(Control::UserChanged { user }) => self.invalidate(Invalidation::User(user)),
            Some(Control::Alive) => {}
            // A message of a later version: skipped, and counted so that operators see mixed versions.
            None => {
                self.metrics.bus_unknown.inc();
            }
        }
    }
}
