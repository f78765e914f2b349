//! How many HTTP connections one client may hold: an address block for requests of strangers, a person once a request on the
//! connection carried their token. WebSockets are counted elsewhere and hold nothing here.
//!
//! At the bound the oldest keep-alive connection between two requests makes room. Without one the newcomer waits, so that many
//! people behind one address are slowed down at worst.

use crate::limits::Block;
use protocol::UserId;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// HTTP connections per address block without a verified token, where no proxy stands in front; and as many per person.
pub(crate) const CLIENT_CONNECTIONS: usize = 256;
/// More connections per address block that wait for one of these, and at most an eighth of all of the node. Above it a new
/// one is closed.
pub(crate) const CLIENT_CONNECTIONS_WAITING: usize = 1_024;
/// How long a connection waits before it is closed.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who holds a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    Block(Block),
    Person(UserId),
}

/// Connections of one client.
struct Held {
    places: Arc<Semaphore>,
    /// Connections that are here or wait for a place.
    count: usize,
    /// By age.
    connections: BTreeMap<u64, Arc<Activity>>,
}

/// What one connection does.
#[derive(Default)]
pub(super) struct Activity {
    /// Between two requests: it may be ended without harm.
    is_idle: AtomicBool,
    /// It has to make room.
    end: Notify,
}

/// See the module's documentation.
pub(super) struct ConnectionQuota {
    clients: Mutex<HashMap<Client, Held>>,
    ids: AtomicU64,
    /// Connections of one block, those that wait included.
    most: usize,
}

/// One connection's place. Given back when it is dropped.
struct Place {
    quota: Arc<ConnectionQuota>,
    client: Client,
    id: u64,
    _permit: Option<OwnedSemaphorePermit>,
}

/// One connection, as its task and its requests share it.
pub(crate) struct Visit {
    activity: Arc<Activity>,
    /// None where connections are not counted, or not any more.
    place: Mutex<Option<Place>>,
    is_stranger: AtomicBool,
}

impl ConnectionQuota {
    /// Of a node that accepts this many connections in all.
    pub(super) fn new(places: usize) -> Self {
        let most = CLIENT_CONNECTIONS + CLIENT_CONNECTIONS_WAITING.min(places / 8);
        Self { clients: Mutex::default(), ids: AtomicU64::new(0), most }
    }

    /// A connection from this block, once it has a place. None where it is to be closed.
    pub(super) async fn enter(self: &Arc<Self>, block: Block) -> Option<Visit> {
        let (client, activity) = (Client::Block(block), Arc::<Activity>::default());
        let (places, mut place) = self.join(client, self.most)?;
        let permit = match Arc::clone(&places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.end_an_idle_one(client);
                tokio::time::timeout(WAIT_TIMEOUT, places.acquire_owned()).await.ok()?.ok()?
            }
        };
        place.take(permit, &activity);
        Some(Visit { activity, place: Mutex::new(Some(place)), is_stranger: AtomicBool::new(true) })
    }

    /// Counts one more connection of a client that has fewer than `most`.
    fn join(self: &Arc<Self>, client: Client, most: usize) -> Option<(Arc<Semaphore>, Place)> {
        let mut clients = self.lock();
        let held = clients.entry(client).or_insert_with(|| Held {
            places: Arc::new(Semaphore::new(CLIENT_CONNECTIONS)),
            count: 0,
            connections: BTreeMap::new(),
        });
        if held.count >= most {
            return None;
        }
        held.count += 1;
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        Some((Arc::clone(&held.places), Place { quota: Arc::clone(self), client, id, _permit: None }))
    }

    fn end_an_idle_one(&self, client: Client) {
        let clients = self.lock();
        let Some(held) = clients.get(&client) else { return };
        if let Some(oldest) = held.connections.values().find(|other| other.is_idle.swap(false, Ordering::AcqRel)) {
            oldest.end.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Client, Held>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn take(&mut self, permit: OwnedSemaphorePermit, activity: &Arc<Activity>) {
        self._permit = Some(permit);
        if let Some(held) = self.quota.lock().get_mut(&self.client) {
            held.connections.insert(self.id, Arc::clone(activity));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.quota.lock();
        let Some(held) = clients.get_mut(&self.client) else { return };
        held.connections.remove(&self.id);
        held.count -= 1;
        if held.count == 0 {
            clients.remove(&self.client);
        }
    }
}

impl Visit {
    /// A connection that is not counted: of a proxy, which has those of many clients.
    pub(super) fn uncounted() -> Self {
        Self { activity: Arc::default(), place: Mutex::new(None), is_stranger: AtomicBool::new(false) }
    }

    /// Whether no request carried a verified token yet, and it matters.
    pub(crate) fn is_stranger(&self) -> bool {
        self.is_stranger.load(Ordering::Acquire)
    }

    /// A request carried this person's token: the connection counts for them and not for its address, unless they have too many.
    pub(crate) fn recognise(&self, person: UserId) {
        let mut place = self.lock();
        let Some(of_block) = place.as_mut() else { return };
        let Some((places, mut of_person)) = of_block.quota.join(Client::Person(person), CLIENT_CONNECTIONS) else {
            return;
        };
        if let Ok(permit) = places.try_acquire_owned() {
            of_person.take(permit, &self.activity);
            *of_block = of_person;
            self.is_stranger.store(false, Ordering::Release);
        }
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.activity.is_idle.store(false, Ordering::Release);
    }

    /// Its answer has gone out.
    pub(super) fn rest(&self) {
        self.activity.is_idle.store(true, Ordering::Release);
    }

    /// Completes where the connection has to make room.
    pub(super) async fn ended(&self) {
        self.activity.end.notified().await;
    }

    /// The connection has ended, or is a WebSocket.
    pub(super) fn leave(&self) {
        drop(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use uuid::Uuid;

    fn block(number: u8) -> Block {
        Block::largest(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)))
    }

    async fn full(quota: &Arc<ConnectionQuota>) -> Vec<Visit> {
        let mut visits = Vec::new();
        for _ in 0..CLIENT_CONNECTIONS {
            visits.push(quota.enter(block(1)).await.unwrap());
        }
        visits
    }

    #[tokio::test(start_paused = true)]
    async fn a_block_that_is_full_holds_up_nobody_else() {
        let quota = Arc::new(ConnectionQuota::new(1_000));
        let visits = full(&quota).await;
        assert!(quota.enter(block(1)).await.is_none(), "nobody makes room");
        assert!(quota.enter(block(2)).await.is_some());
        drop(visits);
        assert!(quota.lock().is_empty());
        assert!(quota.enter(block(1)).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_are_bounded() {
        let quota = Arc::new(ConnectionQuota::new(80));
        let _visits = full(&quota).await;
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let quota = Arc::clone(&quota);
            waiting.spawn(async move {
                let asked = tokio::time::Instant::now();
                (quota.enter(block(1)).await.is_some(), asked.elapsed() >= WAIT_TIMEOUT)
            });
        }
        let ends = waiting.join_all().await;
        assert_eq!(ends.iter().filter(|end| **end == (false, true)).count(), 10, "an eighth of 80 waits: {ends:?}");
        assert_eq!(ends.iter().filter(|end| **end == (false, false)).count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_one_between_two_requests_makes_room() {
        let quota = Arc::new(ConnectionQuota::new(1_000));
        let mut visits = full(&quota).await;
        for number in [9, 7] {
            visits[number].begin();
            visits[number].rest();
        }
        let oldest = visits.remove(7);
        let leaving = tokio::spawn(async move {
            oldest.ended().await;
            oldest.leave();
        });
        assert!(quota.enter(block(1)).await.is_some());
        leaving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_known_counts_for_themselves() {
        let quota = Arc::new(ConnectionQuota::new(1_000));
        let (visits, ada) = (full(&quota).await, UserId(Uuid::from_u128(1)));
        visits.iter().for_each(|visit| visit.recognise(ada));
        assert!(visits.iter().all(|visit| !visit.is_stranger()));
        let more = full(&quota).await;
        more[0].recognise(ada);
        assert!(more[0].is_stranger(), "one person does not hold everything either");
        more[0].recognise(UserId(Uuid::from_u128(2)));
        assert!(!more[0].is_stranger());
    }
}
