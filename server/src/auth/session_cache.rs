//! The session cache: live sessions and their users, so that a request does not query them again. The query would be half
//! of the cost of a page of history.
//!
//! A session that ends or a user that changes is evicted on this node at once, and on other nodes by a message of the bus.
//! Without that message an entry may be stale for [`MAX_AGE`] at most.

use chat::hub::Invalidation;
use parking_lot::Mutex;
use protocol::{SessionId, UnixMillis, User};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// The age at which an entry expires.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(10);
/// Sessions per generation. A full cache keeps those that were read last.
pub(crate) const GENERATION_SESSIONS: usize = 10_000;

/// A session that was live when it was read from the database.
#[derive(Clone, Debug)]
pub(super) struct CachedSession {
    pub(super) user: User,
    pub(super) expires_at: UnixMillis,
    /// The last generation of its tokens that the device is known to have received.
    pub(super) seen_generation: i64,
}

/// Two generations, so that old entries are evicted at once and without a search.
#[derive(Default)]
struct Generations {
    young: HashMap<SessionId, (Instant, CachedSession)>,
    old: HashMap<SessionId, (Instant, CachedSession)>,
    /// When `young` began to be filled.
    since: Option<Instant>,
    /// Counts evictions: an answer of the database from before the last one is not cached.
    evictions: u64,
}

impl Generations {
    /// Drops the older generation when the younger one is full or has reached [`MAX_AGE`].
    fn rotate(&mut self, now: Instant) {
        let is_over = self.since.is_some_and(|since| now.duration_since(since) >= MAX_AGE);
        if is_over || self.young.len() >= GENERATION_SESSIONS {
            self.old = std::mem::take(&mut self.young);
            self.since = None;
        }
    }

    fn both(&mut self) -> [&mut HashMap<SessionId, (Instant, CachedSession)>; 2] {
        [&mut self.young, &mut self.old]
    }
}

/// See the module's documentation. Shared by `Auth`, which reads it, and by `run`, which invalidates it.
#[derive(Default)]
pub(crate) struct SessionCache(Mutex<Generations>);

/// The version of the cache before a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version(u64);

impl SessionCache {
    pub(super) fn version(&self) -> Version {
        Version(self.0.lock().evictions)
    }

    pub(super) fn find(&self, id: SessionId) -> Option<CachedSession> {
        let cache = self.0.lock();
        let (found, live) = cache.young.get(&id).or_else(|| cache.old.get(&id))?;
        (found.elapsed() < MAX_AGE).then(|| live.clone())
    }

    /// Caches a live session that was read after `before`. Does nothing if anything was evicted meanwhile: it may have been
    /// this session.
    pub(super) fn insert(&self, before: Version, id: SessionId, live: CachedSession) {
        let (mut cache, now) = (self.0.lock(), Instant::now());
        if cache.evictions == before.0 {
            cache.rotate(now);
            cache.since.get_or_insert(now);
            cache.young.insert(id, (now, live));
        }
    }

    /// The device has received this generation of its tokens. Returns true if the cache did not know.
    pub(super) fn see(&self, id: SessionId, generation: i64) -> bool {
        let mut cache = self.0.lock();
        let found = cache.both().into_iter().filter_map(|sessions| sessions.get_mut(&id));
        let mut found = found.filter(|(_, live)| live.seen_generation < generation).peekable();
        let is_news = found.peek().is_some();
        found.for_each(|(_, live)| live.seen_generation = generation);
        is_news
    }

    /// Evicts what is stale.
    pub(crate) fn evict(&self, invalidation: Invalidation) {
        let mut cache = self.0.lock();
        cache.evictions += 1;
        for sessions in cache.both() {
            match invalidation {
                Invalidation::Accounts => sessions.clear(),
                Invalidation::Session(session) => drop(sessions.remove(&session)),
                Invalidation::User(user) => sessions.retain(|_, (_, live)| live.user.id != user),
            }
        }
    }

    /// Evicts everything: invalidations may have been lost.
    pub(crate) fn clear(&self) {
        let mut cache = self.0.lock();
        cache.evictions += 1;
        cache.both().into_iter().for_each(HashMap::clear);
    }

    /// Frees the memory of expired entries.
    pub(crate) fn evict_expired(&self) {
        for sessions in self.0.lock().both() {
            sessions.retain(|_, (found, _)| found.elapsed() < MAX_AGE);
            sessions.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::UserId;
    use tokio::time::advance;
    use uuid::Uuid;

    fn id(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    /// Somebody with this number.
    fn live(number: u128) -> CachedSession {
        let user = User {
            id: UserId(Uuid::from_u128(number)),
            username: "ada".into(),
            display_name: "Ada".into(),
            is_admin: false,
            created_at: UnixMillis(0),
            receipts: true,
        };
        CachedSession { user, expires_at: UnixMillis(0), seen_generation: 1 }
    }

    /// These sessions of persons with the same numbers were just found.
    fn cache_of(numbers: impl Iterator<Item = u128>) -> SessionCache {
        let sessions = SessionCache::default();
        numbers.for_each(|number| sessions.insert(sessions.version(), id(number), live(number)));
        sessions
    }

    fn held(sessions: &SessionCache) -> usize {
        sessions.0.lock().both().iter().map(|sessions| sessions.len()).sum()
    }

    #[tokio::test(start_paused = true)]
    async fn the_database_is_asked_again_after_a_while() {
        let sessions = cache_of(1..=1);
        advance(MAX_AGE - Duration::from_millis(1)).await;
        assert!(sessions.find(id(1)).is_some());
        sessions.insert(sessions.version(), id(2), live(2));
        advance(Duration::from_millis(1)).await;
        assert!(sessions.find(id(1)).is_none(), "being found here does not make it younger");
        assert!(sessions.find(id(2)).is_some());
        sessions.evict_expired();
        assert_eq!(held(&sessions), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_bound_and_those_found_last_stay() {
        let most = 2 * GENERATION_SESSIONS as u128;
        let sessions = cache_of(1..=2 * most);
        assert!(held(&sessions) <= 2 * GENERATION_SESSIONS, "{}", held(&sessions));
        assert!(sessions.find(id(1)).is_none() && sessions.find(id(2 * most)).is_some());
    }

    #[tokio::test]
    async fn what_ended_or_changed_is_forgotten() {
        let sessions = cache_of(1..=3);
        sessions.insert(sessions.version(), id(4), live(3));
        sessions.evict(Invalidation::Session(id(1)));
        sessions.evict(Invalidation::User(UserId(Uuid::from_u128(3))));
        let found = |sessions: &SessionCache| (1..=4).filter(|n| sessions.find(id(*n)).is_some()).collect::<Vec<_>>();
        assert_eq!(found(&sessions), [2]);
        sessions.clear();
        assert_eq!(found(&sessions), [0; 0]);
    }

    #[tokio::test]
    async fn an_answer_from_before_the_end_is_not_kept() {
        let sessions = SessionCache::default();
        let before = sessions.version();
        sessions.evict(Invalidation::Session(id(1)));
        sessions.insert(before, id(1), live(1));
        assert!(sessions.find(id(1)).is_none());
        let before = sessions.version();
        sessions.clear();
        sessions.insert(before, id(1), live(1));
        assert!(sessions.find(id(1)).is_none());
    }
}
