//! Sessions that were found to live a moment ago, with whose they are: asking the database for each request would be half
//! of what a page of history takes.
//!
//! What ends or changes here is forgotten here at once, and on other nodes as soon as the bus tells them. While it tells
//! nothing, what was found may be out of date for [`MAX_AGE`], and no longer.

use crate::hub::Invalidation;
use protocol::{SessionId, UnixMillis, User};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long the database is not asked again.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(10);
/// Sessions of each of the two halves. A full node keeps those that were found last.
pub(crate) const GENERATION_SESSIONS: usize = 10_000;

/// A session that lived when the database was asked.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) user: User,
    pub(super) expires_at: UnixMillis,
    /// The last generation of its tokens that the device is known to have received.
    pub(super) seen_generation: i64,
}

/// Two halves, so that what is old goes at once and nothing is searched for it.
#[derive(Default)]
struct Kept {
    young: HashMap<SessionId, (Instant, Live)>,
    old: HashMap<SessionId, (Instant, Live)>,
    /// When `young` began to be filled.
    since: Option<Instant>,
    /// How often something was forgotten: an answer of the database from before that is not kept.
    forgotten: u64,
}

impl Kept {
    /// Lets the older half go where the younger one is full or as old as anything may be.
    fn turn(&mut self, now: Instant) {
        let is_over = self.since.is_some_and(|since| now.duration_since(since) >= MAX_AGE);
        if is_over || self.young.len() >= GENERATION_SESSIONS {
            self.old = std::mem::take(&mut self.young);
            self.since = None;
        }
    }

    fn halves(&mut self) -> [&mut HashMap<SessionId, (Instant, Live)>; 2] {
        [&mut self.young, &mut self.old]
    }
}

/// See the module's documentation. Shared by `Auth`, which asks, and by `run`, which hands on what the hub hears.
#[derive(Default)]
pub(crate) struct LiveSessions(Mutex<Kept>);

/// From before the database was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(u64);

impl LiveSessions {
    pub(super) fn moment(&self) -> Moment {
        Moment(self.lock().forgotten)
    }

    pub(super) fn find(&self, id: SessionId) -> Option<Live> {
        let kept = self.lock();
        let (found, live) = kept.young.get(&id).or_else(|| kept.old.get(&id))?;
        (found.elapsed() < MAX_AGE).then(|| live.clone())
    }

    /// The database was asked after `before` and says that this session lives. Not kept where something was forgotten
    /// meanwhile: it might have been this.
    pub(super) fn keep(&self, before: Moment, id: SessionId, live: Live) {
        let (mut kept, now) = (self.lock(), Instant::now());
        if kept.forgotten == before.0 {
            kept.turn(now);
            kept.since.get_or_insert(now);
            kept.young.insert(id, (now, live));
        }
    }

    /// The device has received this generation of its tokens. Whether that is news here.
    pub(super) fn see(&self, id: SessionId, generation: i64) -> bool {
        let mut kept = self.lock();
        let found = kept.halves().into_iter().filter_map(|half| half.get_mut(&id));
        let mut found = found.filter(|(_, live)| live.seen_generation < generation).peekable();
        let is_news = found.peek().is_some();
        found.for_each(|(_, live)| live.seen_generation = generation);
        is_news
    }

    /// What was found about this is out of date.
    pub(crate) fn forget(&self, invalidation: Invalidation) {
        let mut kept = self.lock();
        kept.forgotten += 1;
        for half in kept.halves() {
            match invalidation {
                Invalidation::Session(session) => drop(half.remove(&session)),
                Invalidation::User(user) => half.retain(|_, (_, live)| live.user.id != user),
            }
        }
    }

    /// Something may have been told that this node has not heard.
    pub(crate) fn forget_all(&self) {
        let mut kept = self.lock();
        kept.forgotten += 1;
        kept.halves().into_iter().for_each(HashMap::clear);
    }

    /// Gives back the memory of those who have not asked for anything lately.
    pub(crate) fn forget_old(&self) {
        for half in self.lock().halves() {
            half.retain(|_, (found, _)| found.elapsed() < MAX_AGE);
            half.shrink_to_fit();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn live(number: u128) -> Live {
        let user = User {
            id: UserId(Uuid::from_u128(number)),
            username: "ada".into(),
            display_name: "Ada".into(),
            is_admin: false,
            created_at: UnixMillis(0),
            receipts: true,
        };
        Live { user, expires_at: UnixMillis(0), seen_generation: 1 }
    }

    /// These sessions of persons with the same numbers were just found.
    fn keeping(numbers: impl Iterator<Item = u128>) -> LiveSessions {
        let sessions = LiveSessions::default();
        numbers.for_each(|number| sessions.keep(sessions.moment(), id(number), live(number)));
        sessions
    }

    fn held(sessions: &LiveSessions) -> usize {
        sessions.lock().halves().iter().map(|half| half.len()).sum()
    }

    #[tokio::test(start_paused = true)]
    async fn the_database_is_asked_again_after_a_while() {
        let sessions = keeping(1..=1);
        advance(MAX_AGE - Duration::from_millis(1)).await;
        assert!(sessions.find(id(1)).is_some());
        sessions.keep(sessions.moment(), id(2), live(2));
        advance(Duration::from_millis(1)).await;
        assert!(sessions.find(id(1)).is_none(), "being found here does not make it younger");
        assert!(sessions.find(id(2)).is_some());
        sessions.forget_old();
        assert_eq!(held(&sessions), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_bound_and_those_found_last_stay() {
        let most = 2 * GENERATION_SESSIONS as u128;
        let sessions = keeping(1..=2 * most);
        assert!(held(&sessions) <= 2 * GENERATION_SESSIONS, "{}", held(&sessions));
        assert!(sessions.find(id(1)).is_none() && sessions.find(id(2 * most)).is_some());
    }

    #[tokio::test]
    async fn what_ended_or_changed_is_forgotten() {
        let sessions = keeping(1..=3);
        sessions.keep(sessions.moment(), id(4), live(3));
        sessions.forget(Invalidation::Session(id(1)));
        sessions.forget(Invalidation::User(UserId(Uuid::from_u128(3))));
        let found = |sessions: &LiveSessions| (1..=4).filter(|n| sessions.find(id(*n)).is_some()).collect::<Vec<_>>();
        assert_eq!(found(&sessions), [2]);
        sessions.forget_all();
        assert_eq!(found(&sessions), [0; 0]);
    }

    #[tokio::test]
    async fn an_answer_from_before_the_end_is_not_kept() {
        let sessions = LiveSessions::default();
        let before = sessions.moment();
        sessions.forget(Invalidation::Session(id(1)));
        sessions.keep(before, id(1), live(1));
        assert!(sessions.find(id(1)).is_none());
        let before = sessions.moment();
        sessions.forget_all();
        sessions.keep(before, id(1), live(1));
        assert!(sessions.find(id(1)).is_none());
    }
}
