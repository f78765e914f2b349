//! Which channels of the bus this node is subscribed to.
//!
//! One task sends every SUBSCRIBE and UNSUBSCRIBE, one after the other: concurrent ones may be applied in either order, and a room
//! whose UNSUBSCRIBE is applied last would receive nothing from other nodes.

use super::Hub;
use super::channels::{Channel, Channels};
use super::registry::MembershipDiff;
use parking_lot::Mutex;
use protocol::RoomId;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How often channels of rooms without local connections are released.
pub const RELEASE_INTERVAL: Duration = Duration::from_secs(60);
/// Channels per command, so that a node with very many rooms does not send one huge command.
pub const CHANNEL_BATCH: usize = 1_000;
/// How long a join waits for its channels. With a slower bus it goes on: the check of heads finds what was missed.
pub const JOIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Rooms whose channels are waited for.
#[derive(Default)]
struct Wanted {
    rooms: Vec<RoomId>,
    /// Requests made so far. The number of a request is its ticket.
    tickets: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Subscriptions {
    wanted: Mutex<Wanted>,
    /// Wakes the task that sends commands.
    wake: Notify,
    /// The last ticket whose channels are subscribed.
    served: AtomicU64,
    /// Wakes callers that wait for a ticket.
    more: Notify,
}

impl Subscriptions {
    /// Asks for the channels of these rooms. Returns the ticket to wait for.
    fn ask(&self, rooms: &[RoomId]) -> u64 {
        let mut wanted = self.wanted.lock();
        wanted.rooms.extend(rooms);
        wanted.tickets += 1;
        self.wake.notify_one();
        wanted.tickets
    }

    /// Something has changed for the task that sends commands.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    fn take(&self) -> Wanted {
        let mut wanted = self.wanted.lock();
        Wanted { rooms: std::mem::take(&mut wanted.rooms), tickets: wanted.tickets }
    }

    /// All channels up to this ticket are subscribed.
    fn serve(&self, ticket: u64) {
        self.served.store(ticket, Ordering::Release);
        self.more.notify_waiters();
    }

    /// Returns once the channels of this ticket are subscribed, or after [`JOIN_TIMEOUT`].
    async fn served(&self, ticket: u64) {
        let served = async {
            loop {
                let mut more = pin!(self.more.notified());
                // Before looking, so that nothing is missed in between.
                more.as_mut().enable();
                if self.served.load(Ordering::Acquire) >= ticket {
                    return;
                }
                more.await;
            }
        };
        if tokio::time::timeout(JOIN_TIMEOUT, served).await.is_err() {
            tracing::debug!("the bus is slow to subscribe, the check of heads finds what is missed meanwhile");
        }
    }
}

impl Hub {
    /// Keeps the node subscribed to its channels once the epoch is known. Runs for as long as the node lives.
    pub async fn keep_subscriptions(self: Arc<Self>) {
        let mut release = tokio::time::interval(RELEASE_INTERVAL);
        let mut held = None;
        loop {
            let channels = self.publisher.channels();
            if channels != held {
                self.change_channels(held.as_deref(), channels.as_deref()).await;
                held = channels;
                continue;
            }
            tokio::select! {
                biased;
                () = self.subscriptions.wake.notified() => if let Some(channels) = &held {
                    self.subscribe_wanted(channels).await;
                },
                _ = release.tick() => if let Some(channels) = &held {
                    while self.release_some(channels).await {
                        self.subscribe_wanted(channels).await;
                    }
                },
            }
        }
    }

    /// The epoch is known, or another one: all channels have other names.
    async fn change_channels(&self, old: Option<&Channels>, new: Option<&Channels>) {
        const ALWAYS: [Channel; 2] = [Channel::Control, Channel::Presence];
        if let Some(old) = old {
            let rooms = self.delivery.lock().take_subscribed();
            for rooms in rooms.chunks(CHANNEL_BATCH) {
                self.publisher.bus.unsubscribe(rooms.iter().map(|room| old.name(Channel::Room(*room))).collect()).await;
            }
            self.publisher.bus.unsubscribe(ALWAYS.map(|channel| old.name(channel)).to_vec()).await;
        }
        let Some(new) = new else { return };
        self.publisher.bus.subscribe(ALWAYS.map(|channel| new.name(channel)).to_vec()).await;
        let mut after = None;
        loop {
            let rooms = self.delivery.active_rooms(after, CHANNEL_BATCH);
            let Some(last) = rooms.last() else { break };
            after = Some(*last);
            let rooms = self.subscribe_rooms(new, rooms).await;
            self.delivery.open(&rooms);
        }
        self.subscribe_wanted(new).await;
        if old.is_some() {
            // Messages on the new channels before this are to be looked for.
            self.publisher.channels_changed.notify_one();
        }
    }

    /// Returns once the channels of entered rooms are subscribed.
    pub(crate) async fn subscribe(&self, diff: &MembershipDiff) {
        if let Some(ticket) = self.ask_for(diff) {
            self.subscriptions.served(ticket).await;
        }
    }

    /// As [`Hub::subscribe`], without waiting. Returns the ticket to wait for, if there is anything to wait for.
    pub(super) fn ask_for(&self, diff: &MembershipDiff) -> Option<u64> {
        if !diff.opened.is_empty() {
            self.delivery.open(&diff.opened);
        }
        (!diff.subscribe.is_empty()).then(|| self.subscriptions.ask(&diff.subscribe))
    }

    async fn subscribe_wanted(&self, channels: &Channels) {
        let Wanted { rooms, tickets } = self.subscriptions.take();
        let rooms = self.subscribe_rooms(channels, rooms).await;
        self.subscriptions.serve(tickets);
        if !rooms.is_empty() {
            self.delivery.open(&rooms);
        }
    }

    /// Returns those of these rooms that are subscribed since now.
    async fn subscribe_rooms(&self, channels: &Channels, rooms: Vec<RoomId>) -> Vec<RoomId> {
        let rooms = self.delivery.lock().unsubscribed(rooms);
        for rooms in rooms.chunks(CHANNEL_BATCH) {
            self.publisher.bus.subscribe(rooms.iter().map(|room| channels.name(Channel::Room(*room))).collect()).await;
            self.delivery.lock().subscribed(rooms);
        }
        rooms
    }

    /// Releases channels of rooms that stayed without connections. Returns false if there are none.
    async fn release_some(&self, channels: &Channels) -> bool {
        let rooms = self.delivery.lock().take_deserted(CHANNEL_BATCH);
        if rooms.is_empty() {
            return false;
        }
        self.publisher
            .bus
            .unsubscribe(rooms.into_iter().map(|room| channels.name(Channel::Room(room))).collect())
            .await;
        true
    }
}

#[cfg(test)]
mod tests;
