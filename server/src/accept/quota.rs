//! How many HTTP connections one client may hold: an address block where no request carried a verified token, else the person
//! whose token it was. WebSockets are counted elsewhere and hold nothing here.
//!
//! A connection is not counted in its first moments, so that a herd from one address passes. At the bound the oldest
//! connection that serves no request makes room; without one the new one is closed.

use crate::limits::Block;
use parking_lot::Mutex;
use protocol::UserId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// HTTP connections per address block without a verified token, where no proxy stands in front; and as many per person.
pub(crate) const CLIENT_CONNECTIONS: usize = 256;
/// How long a connection is not counted yet. It is served meanwhile.
pub(crate) const GRACE_PERIOD: Duration = Duration::from_millis(500);
/// Which part of all connections of a node may be from one address block and not counted yet: an eighth.
pub(crate) const GRACE_SHARE: usize = 8;

/// Who holds a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    Block(Block),
    Person(UserId),
}

/// Connections of one client.
#[derive(Default)]
struct Held {
    uncounted: usize,
    /// By age.
    counted: BTreeMap<u64, Arc<Activity>>,
}

/// What one connection does.
#[derive(Default)]
struct Activity {
    /// It serves a request. Otherwise it may be ended without harm.
    is_busy: AtomicBool,
    /// It has to make room.
    is_ending: AtomicBool,
    end: Notify,
}

/// See the module's documentation.
pub(super) struct ConnectionQuota {
    clients: Mutex<HashMap<Client, Held>>,
    ids: AtomicU64,
    /// Connections of one block that are not counted yet.
    most_uncounted: usize,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Uncounted(Block),
    Counted(Client),
    /// It has ended, or nobody counts.
    None,
}

/// One connection, as its task and its requests share it.
pub(crate) struct Visit {
    quota: Option<Arc<ConnectionQuota>>,
    id: u64,
    activity: Arc<Activity>,
    place: Mutex<Place>,
    is_stranger: AtomicBool,
}

impl ConnectionQuota {
    /// Of a node that accepts this many connections in all.
    pub(super) fn new(places: usize) -> Self {
        Self { clients: Mutex::default(), ids: AtomicU64::new(0), most_uncounted: places / GRACE_SHARE }
    }

    /// A new connection from this block. None where it is to be closed.
    pub(super) fn enter(self: &Arc<Self>, block: Block) -> Option<Visit> {
        let mut clients = self.clients.lock();
        let held = clients.entry(Client::Block(block)).or_default();
        if held.uncounted >= self.most_uncounted {
            return None;
        }
        held.uncounted += 1;
        Some(Visit {
            quota: Some(Arc::clone(self)),
            id: self.ids.fetch_add(1, Ordering::Relaxed),
            activity: Arc::default(),
            place: Mutex::new(Place::Uncounted(block)),
            is_stranger: AtomicBool::new(true),
        })
    }
}

impl Held {
    /// Asks the oldest one that serves no request to end. Whether there is one.
    fn make_room(&self) -> bool {
        let can_go = |other: &&Arc<Activity>| {
            !other.is_busy.load(Ordering::Acquire) && !other.is_ending.swap(true, Ordering::AcqRel)
        };
        self.counted.values().find(can_go).is_some_and(|oldest| {
            oldest.end.notify_one();
            true
        })
    }
}

impl Visit {
    /// A connection that is not counted: of a proxy, which has those of many clients.
    pub(super) fn of_proxy() -> Self {
        let (activity, place) = (Arc::default(), Mutex::new(Place::None));
        Self { quota: None, id: 0, activity, place, is_stranger: AtomicBool::new(false) }
    }

    /// Whether no request carried a verified token yet, and it matters.
    pub(crate) fn is_stranger(&self) -> bool {
        self.is_stranger.load(Ordering::Acquire)
    }

    /// A request carried this person's token: the connection counts for them and not for its address, unless they have too many.
    pub(crate) fn recognise(&self, person: UserId) {
        if self.move_to(Client::Person(person), false) {
            self.is_stranger.store(false, Ordering::Release);
        }
    }

    /// Its first moments are over: it counts from now on. False where it is to be closed.
    pub(super) fn settle(&self) -> bool {
        let place = *self.place.lock();
        match place {
            Place::Uncounted(block) => self.move_to(Client::Block(block), true),
            Place::Counted(_) | Place::None => true,
        }
    }

    /// Counts for this client from now on, if there is room or, where that may be, if room can be made.
    fn move_to(&self, client: Client, makes_room: bool) -> bool {
        let (Some(quota), mut place) = (&self.quota, self.place.lock()) else { return false };
        if *place == Place::None {
            return false;
        }
        let mut clients = quota.clients.lock();
        let held = clients.entry(client).or_default();
        if held.counted.len() >= CLIENT_CONNECTIONS && !(makes_room && held.make_room()) {
            return false;
        }
        held.counted.insert(self.id, Arc::clone(&self.activity));
        let before = std::mem::replace(&mut *place, Place::Counted(client));
        give_back(&mut clients, before, self.id);
        true
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.activity.is_busy.store(true, Ordering::Release);
    }

    /// Its answer has gone out.
    pub(super) fn rest(&self) {
        self.activity.is_busy.store(false, Ordering::Release);
    }

    /// Completes where the connection has to make room.
    pub(super) async fn ended(&self) {
        self.activity.end.notified().await;
    }

    /// The connection has ended, or is a WebSocket.
    pub(super) fn leave(&self) {
        let before = std::mem::replace(&mut *self.place.lock(), Place::None);
        if let Some(quota) = &self.quota {
            give_back(&mut quota.clients.lock(), before, self.id);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.leave();
    }
}

fn give_back(clients: &mut HashMap<Client, Held>, place: Place, id: u64) {
    let client = match place {
        Place::Uncounted(block) => Client::Block(block),
        Place::Counted(client) => client,
        Place::None => return,
    };
    let Some(held) = clients.get_mut(&client) else { return };
    match place {
        Place::Uncounted(_) => held.uncounted = held.uncounted.saturating_sub(1),
        Place::Counted(_) | Place::None => drop(held.counted.remove(&id)),
    }
    if held.uncounted == 0 && held.counted.is_empty() {
        clients.remove(&client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::net::{IpAddr, Ipv4Addr};
    use uuid::Uuid;

    fn block(number: u8) -> Block {
        Block::largest(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)))
    }

    fn quota() -> Arc<ConnectionQuota> {
        Arc::new(ConnectionQuota::new(GRACE_SHARE * 1_000))
    }

    /// Connections of one block that are as many as there may be, each with a request under way.
    fn full(quota: &Arc<ConnectionQuota>) -> Vec<Visit> {
        let visits: Vec<_> = (0..CLIENT_CONNECTIONS).map(|_| quota.enter(block(1)).unwrap()).collect();
        visits.iter().for_each(Visit::begin);
        assert!(visits.iter().all(Visit::settle));
        visits
    }

    #[test]
    fn a_block_that_is_full_holds_up_nobody_else() {
        let quota = quota();
        let visits = full(&quota);
        let (more, other) = (quota.enter(block(1)).unwrap(), quota.enter(block(2)).unwrap());
        assert!(!more.settle() && other.settle());
        drop((visits, other));
        assert!(more.settle());
        drop(more);
        assert!(quota.clients.lock().is_empty());
    }

    #[test]
    fn a_herd_is_not_counted_at_first_and_has_a_bound_too() {
        let quota = quota();
        let visits: Vec<_> = std::iter::repeat_with(|| quota.enter(block(1))).take(1_001).collect();
        assert!(visits[..1_000].iter().all(Option::is_some) && visits[1_000].is_none());
        assert!(quota.enter(block(2)).is_some());
    }

    #[test]
    fn the_oldest_one_that_serves_no_request_makes_room() {
        let quota = quota();
        let visits = full(&quota);
        for number in [9, 7] {
            visits[number].rest();
        }
        let more: Vec<_> = (0..3).map(|_| quota.enter(block(1)).unwrap()).collect();
        more.iter().for_each(Visit::begin);
        assert_eq!(more.iter().map(Visit::settle).collect::<Vec<_>>(), [true, true, false]);
        let ended: Vec<_> = (0..visits.len()).filter(|n| visits[*n].ended().now_or_never().is_some()).collect();
        assert_eq!(ended, [7, 9]);
    }

    #[test]
    fn who_is_known_counts_for_themselves() {
        let quota = quota();
        let (visits, ada) = (full(&quota), UserId(Uuid::from_u128(1)));
        visits.iter().for_each(|visit| visit.recognise(ada));
        assert!(visits.iter().all(|visit| !visit.is_stranger()));
        let more = full(&quota);
        more[0].recognise(ada);
        assert!(more[0].is_stranger(), "one person does not hold everything either");
        more[0].recognise(UserId(Uuid::from_u128(2)));
        assert!(!more[0].is_stranger());
    }
}
