//! How many HTTP connections one client may hold. The client is an address block until a request carried a verified token, and
//! then the person whose token it was. WebSockets are counted by admission control and not here.
//!
//! A connection is not counted during its grace period, so that a herd from one address is served. At the bound the oldest
//! connection that serves no request is closed for the new one; if all serve one, the new one is closed.

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

/// The address block or the person whose quota a connection counts against.
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
    /// It serves a request. Otherwise it may be closed without harm.
    is_busy: AtomicBool,
    /// It was asked to close.
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

/// How a connection is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counting {
    Uncounted(Block),
    Counted(Client),
    /// It has ended, or connections are not counted.
    None,
}

/// One connection, as its task and its requests share it.
pub(crate) struct CountedConnection {
    quota: Option<Arc<ConnectionQuota>>,
    id: u64,
    activity: Arc<Activity>,
    counting: Mutex<Counting>,
    is_anonymous: AtomicBool,
}

impl ConnectionQuota {
    /// For a node that accepts `slots` connections in all.
    pub(super) fn new(slots: usize) -> Self {
        Self { clients: Mutex::default(), ids: AtomicU64::new(0), most_uncounted: slots / GRACE_SHARE }
    }

    /// Admits a new connection from this block. None where it is to be closed.
    pub(super) fn admit(self: &Arc<Self>, block: Block) -> Option<CountedConnection> {
        let mut clients = self.clients.lock();
        let held = clients.entry(Client::Block(block)).or_default();
        if held.uncounted >= self.most_uncounted {
            return None;
        }
        held.uncounted += 1;
        Some(CountedConnection {
            quota: Some(Arc::clone(self)),
            id: self.ids.fetch_add(1, Ordering::Relaxed),
            activity: Arc::default(),
            counting: Mutex::new(Counting::Uncounted(block)),
            is_anonymous: AtomicBool::new(true),
        })
    }
}

impl Held {
    /// Asks the oldest connection that serves no request to close. False if all serve one.
    fn evict_idle(&self) -> bool {
        let can_close = |other: &&Arc<Activity>| {
            !other.is_busy.load(Ordering::Acquire) && !other.is_ending.swap(true, Ordering::AcqRel)
        };
        self.counted.values().find(can_close).is_some_and(|oldest| {
            oldest.end.notify_one();
            true
        })
    }
}

impl CountedConnection {
    /// A connection that is not counted: a proxy's, which carries the requests of many clients.
    pub(super) fn uncounted() -> Self {
        let (activity, counting) = (Arc::default(), Mutex::new(Counting::None));
        Self { quota: None, id: 0, activity, counting, is_anonymous: AtomicBool::new(false) }
    }

    /// Whether no request carried a verified token yet. False where connections are not counted.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.is_anonymous.load(Ordering::Acquire)
    }

    /// A request carried this person's token: the connection counts for them and not for its address, unless they have too many.
    pub(crate) fn authenticate(&self, person: UserId) {
        if self.count_for(Client::Person(person), false) {
            self.is_anonymous.store(false, Ordering::Release);
        }
    }

    /// Its grace period is over: it counts from now on. False where it is to be closed.
    pub(super) fn start_counting(&self) -> bool {
        let counting = *self.counting.lock();
        match counting {
            Counting::Uncounted(block) => self.count_for(Client::Block(block), true),
            Counting::Counted(_) | Counting::None => true,
        }
    }

    /// Counts for this client from now on. False at the client's bound, unless `evicts` and an idle connection was closed.
    fn count_for(&self, client: Client, evicts: bool) -> bool {
        let (Some(quota), mut counting) = (&self.quota, self.counting.lock()) else { return false };
        if *counting == Counting::None {
            return false;
        }
        let mut clients = quota.clients.lock();
        let held = clients.entry(client).or_default();
        if held.counted.len() >= CLIENT_CONNECTIONS && !(evicts && held.evict_idle()) {
            return false;
        }
        held.counted.insert(self.id, Arc::clone(&self.activity));
        let before = std::mem::replace(&mut *counting, Counting::Counted(client));
        uncount(&mut clients, before, self.id);
        true
    }

    /// A request started.
    pub(super) fn request_started(&self) {
        self.activity.is_busy.store(true, Ordering::Release);
    }

    /// Its response was written.
    pub(super) fn response_ended(&self) {
        self.activity.is_busy.store(false, Ordering::Release);
    }

    /// Completes when the connection is asked to close for a newer one.
    pub(super) async fn eviction(&self) {
        self.activity.end.notified().await;
    }

    /// The connection has ended, or was upgraded to a WebSocket: it is no longer counted.
    pub(super) fn release(&self) {
        let before = std::mem::replace(&mut *self.counting.lock(), Counting::None);
        if let Some(quota) = &self.quota {
            uncount(&mut quota.clients.lock(), before, self.id);
        }
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.release();
    }
}

fn uncount(clients: &mut HashMap<Client, Held>, counting: Counting, id: u64) {
    let client = match counting {
        Counting::Uncounted(block) => Client::Block(block),
        Counting::Counted(client) => client,
        Counting::None => return,
    };
    let Some(held) = clients.get_mut(&client) else { return };
    match counting {
        Counting::Uncounted(_) => held.uncounted = held.uncounted.saturating_sub(1),
        Counting::Counted(_) | Counting::None => drop(held.counted.remove(&id)),
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
    fn full(quota: &Arc<ConnectionQuota>) -> Vec<CountedConnection> {
        let connections: Vec<_> = (0..CLIENT_CONNECTIONS).map(|_| quota.admit(block(1)).unwrap()).collect();
        connections.iter().for_each(CountedConnection::request_started);
        assert!(connections.iter().all(CountedConnection::start_counting));
        connections
    }

    #[test]
    fn a_full_block_does_not_delay_other_blocks() {
        let quota = quota();
        let connections = full(&quota);
        let (more, other) = (quota.admit(block(1)).unwrap(), quota.admit(block(2)).unwrap());
        assert!(!more.start_counting() && other.start_counting());
        drop((connections, other));
        assert!(more.start_counting());
        drop(more);
        assert!(quota.clients.lock().is_empty());
    }

    #[test]
    fn a_herd_is_not_counted_at_first_and_has_a_bound_too() {
        let quota = quota();
        let connections: Vec<_> = std::iter::repeat_with(|| quota.admit(block(1))).take(1_001).collect();
        assert!(connections[..1_000].iter().all(Option::is_some) && connections[1_000].is_none());
        assert!(quota.admit(block(2)).is_some());
    }

    #[test]
    fn the_oldest_idle_connection_is_closed_for_a_new_one() {
        let quota = quota();
        let connections = full(&quota);
        for number in [9, 7] {
            connections[number].response_ended();
        }
        let more: Vec<_> = (0..3).map(|_| quota.admit(block(1)).unwrap()).collect();
        more.iter().for_each(CountedConnection::request_started);
        assert_eq!(more.iter().map(CountedConnection::start_counting).collect::<Vec<_>>(), [true, true, false]);
        let ended: Vec<_> =
            (0..connections.len()).filter(|n| connections[*n].eviction().now_or_never().is_some()).collect();
        assert_eq!(ended, [7, 9]);
    }

    #[test]
    fn an_authenticated_connection_counts_for_its_person() {
        let quota = quota();
        let (connections, ada) = (full(&quota), UserId(Uuid::from_u128(1)));
        connections.iter().for_each(|connection| connection.authenticate(ada));
        assert!(connections.iter().all(|connection| !connection.is_anonymous()));
        let more = full(&quota);
        more[0].authenticate(ada);
        assert!(more[0].is_anonymous(), "one person does not hold everything either");
        more[0].authenticate(UserId(Uuid::from_u128(2)));
        assert!(!more[0].is_anonymous());
    }
}
