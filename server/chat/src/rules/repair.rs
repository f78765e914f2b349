//! Repair: reconciles memberships, marks, sessions and heads of this node with the database. They may be stale after an interruption
//! of the bus (Redis), or because another node died between commit and publish. Connected clients are sent the difference.
//!
//! People are compared in slices that yield to other tasks: every 30 seconds those whose `members_version` has moved, and everybody
//! within some minutes, for what does not move it: their own marks in larger rooms, and marks that the previous version of the
//! program stores.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use crate::hub::ConnectedPerson;
use crate::outbound::Frame;
use protocol::{Mark, RoomId, RoomKind, ServerFrame, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::MemberMark;
use tokio::time::{Instant, sleep};

/// How often people whose `members_version` has moved are compared; also the shortest round of everybody.
pub const REPAIR_INTERVAL: Duration = Duration::from_secs(30);
/// How often a slice of everybody is compared.
pub const SLICE_INTERVAL: Duration = Duration::from_millis(500);
/// People per slice: some thousand memberships, so that reading them blocks other tasks for about a millisecond at most.
pub const SLICE_PEOPLE: usize = 50;
/// People per query of `members_version`.
pub const VERSIONS_BATCH: usize = 500;
/// People compared before yielding to other tasks.
const QUERIES_PER_PAUSE: usize = 8;
/// Pause between two slices of one comparison.
const PROMPT_INTERVAL: Duration = Duration::from_millis(20);

/// The progress of the comparison of everybody.
#[derive(Debug)]
pub(crate) struct Rounds {
    /// The last person compared in this round.
    after: Option<UserId>,
    /// When the next round begins.
    next: Instant,
    /// When versions are compared next.
    versions: Instant,
}

impl Default for Rounds {
    fn default() -> Self {
        let next = Instant::now() + REPAIR_INTERVAL;
        Self { after: None, next, versions: next }
    }
}

impl Chat {
    /// Reconciles everything with the database after an interruption of the bus, and sends connections what they missed. A part that
    /// cannot be read does not stop the others.
    ///
    /// # Errors
    /// The first error: the whole repair is to be retried.
    pub async fn repair(&self) -> Result<(), Error> {
        let sessions = self.check_sessions().await;
        let heads = self.check_heads().await;
        let gaps = self.fill_gaps(true).await;
        let people = self.compare_everybody().await;
        sessions.and(heads).and(gaps).and(people)
    }

    /// Makes the background comparisons that are due, see [`SLICE_INTERVAL`].
    pub(crate) async fn repair_some(&self, rounds: &mut Rounds) -> Result<(), Error> {
        let now = Instant::now();
        if rounds.versions <= now {
            rounds.versions = now + REPAIR_INTERVAL;
            self.compare_moved().await?;
        }
        if rounds.after.is_none() && rounds.next > now {
            return Ok(());
        }
        if rounds.after.is_none() {
            rounds.next = now + REPAIR_INTERVAL;
        }
        let after = rounds.after;
        let people = self.hub.delivery.people(after, SLICE_PEOPLE);
        rounds.after = people.last().map(|(user, _)| *user).filter(|_| people.len() == SLICE_PEOPLE);
        self.sent_marks.retain(after, rounds.after, &people);
        self.compare(people).await
    }

    async fn compare_everybody(&self) -> Result<(), Error> {
        let (mut after, mut done) = (None, Ok(()));
        loop {
            let people = self.hub.delivery.people(after, SLICE_PEOPLE);
            let Some((last, _)) = people.last() else { return done };
            after = Some(*last);
            done = done.and(self.compare(people).await);
            sleep(PROMPT_INTERVAL).await;
        }
    }

    /// Compares the people whose memberships have moved in the database since they were compared here.
    async fn compare_moved(&self) -> Result<(), Error> {
        let (mut after, mut done) = (None, Ok(()));
        loop {
            let mut people = self.hub.delivery.people(after, VERSIONS_BATCH);
            let Some((last, _)) = people.last() else { return done };
            after = Some(*last);
            let users: Vec<_> = people.iter().map(|(user, _)| *user).collect();
            let stored: BTreeMap<_, _> = self.store.list_members_versions(&users).await?.into_iter().collect();
            people.retain(|(user, person)| person.compared.is_none_or(|seen| stored.get(user) != Some(&seen)));
            while !people.is_empty() {
                let rest = people.split_off(people.len().min(SLICE_PEOPLE));
                done = done.and(self.compare(people).await);
                people = rest;
                sleep(PROMPT_INTERVAL).await;
            }
        }
    }

    /// Reconciles these people's rooms and marks with the database and sends them the difference. A person whose rooms cannot be
    /// read does not stop the others; the next comparison retries.
    async fn compare(&self, people: Vec<(UserId, ConnectedPerson)>) -> Result<(), Error> {
        if people.is_empty() || !self.mechanisms.has(Mechanism::Repair) {
            return Ok(());
        }
        let users: Vec<_> = people.iter().map(|(user, _)| *user).collect();
        // Read before the memberships: what moves meanwhile is compared again.
        let versions: BTreeMap<_, _> = self.store.list_members_versions(&users).await?.into_iter().collect();
        let mut rooms: BTreeMap<UserId, Vec<RoomId>> = BTreeMap::new();
        let mut marks: BTreeMap<UserId, Vec<(RoomId, Mark)>> = BTreeMap::new();
        let mut direct: BTreeMap<RoomId, Vec<UserId>> = BTreeMap::new();
        for MemberMark { room_id, kind, mark: Mark(user, _, read) } in self.store.list_memberships(&users).await? {
            rooms.entry(user).or_default().push(room_id);
            // People see only the read mark of their own marks.
            marks.entry(user).or_default().push((room_id, Mark(user, read, read)));
            if kind == RoomKind::Direct {
                direct.entry(room_id).or_default().push(user);
            }
        }
        for (user, room, mark) in self.others_marks(&direct).await? {
            marks.entry(user).or_default().push((room, mark));
        }
        for (number, (user, person)) in people.into_iter().enumerate() {
            let rooms = rooms.remove(&user).unwrap_or_default();
            match self.move_person(user, &rooms, person.version).await {
                Ok(true) => self.hub.delivery.set_compared(user, versions.get(&user).copied()),
                Ok(false) => {}
                Err(error) => {
                    self.metrics.repairs_failed.inc();
                    tracing::warn!(%user, %error, "a person's rooms could not be read, retrying later");
                }
            }
            self.send_marks(user, &marks.remove(&user).unwrap_or_default());
            if number % QUERIES_PER_PAUSE == QUERIES_PER_PAUSE - 1 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// For these people in these direct rooms the other person's marks, where both let each other see them.
    async fn others_marks(&self, direct: &BTreeMap<RoomId, Vec<UserId>>) -> Result<Vec<(UserId, RoomId, Mark)>, Error> {
        if direct.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.store.list_direct_marks(&direct.keys().copied().collect::<Vec<_>>()).await?;
        let visible: BTreeSet<_> = stored.iter().map(|(room, mark)| (*room, mark.0)).collect();
        let mut found = Vec::new();
        for (room, mark) in stored {
            let viewers = direct.get(&room).into_iter().flatten();
            let viewers = viewers.filter(|user| **user != mark.0 && visible.contains(&(room, **user)));
            found.extend(viewers.map(|user| (*user, room, mark)));
        }
        Ok(found)
    }

    /// Reconciles a person's rooms with the database and sends them the difference. Returns false if they changed meanwhile: the next
    /// comparison looks again.
    async fn move_person(&self, user: UserId, rooms: &[RoomId], version: u64) -> Result<bool, Error> {
        let Some(diff) = self.hub.replace_rooms(user, rooms, version).await else { return Ok(false) };
        for room in diff.left {
            self.hub.delivery.send_to_user(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
        }
        let mut failed = None;
        for id in diff.joined {
            match self.room_of(user, id).await {
                Ok(Some(room)) => self.hub.show_here(user, room),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(true), Err)
    }

    /// Sends a person the marks that differ from what was sent to their devices; a frame may have been lost.
    fn send_marks(&self, user: UserId, marks: &[(RoomId, Mark)]) {
        for (room_id, mark) in self.sent_marks.replace(user, marks) {
            let frame = ServerFrame::Status { room_id, marks: vec![mark] };
            self.hub.delivery.send_to_user(user, &Frame::encode(&frame));
        }
    }
}
