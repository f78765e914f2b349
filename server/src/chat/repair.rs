//! A node's picture may be out of date, after bus trouble or because another node died before it told: who is in which room, what was
//! read and said. The database knows; connected people get the difference without reconnecting.
//!
//! People are compared in slices, so that no other task of the node waits for all of them. Every 30 seconds those whose
//! `members_version` has moved; everybody in turn, within some minutes, for what does not move it: their own marks in larger rooms, and
//! marks that the previous version of the program stores.

use super::Chat;
use super::mechanism::Mechanism;
use crate::Error;
use crate::hub::ConnectedPerson;
use crate::outbound::Frame;
use protocol::{Mark, RoomId, ServerFrame, UserId};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often people whose `members_version` has moved are compared, and everybody at most.
pub(crate) const REPAIR_INTERVAL: Duration = Duration::from_secs(30);
/// How often a slice of everybody is compared.
pub(crate) const SLICE_INTERVAL: Duration = Duration::from_millis(500);
/// People in one slice: some thousand memberships, so that reading them holds nobody up for longer than about a millisecond.
pub(crate) const SLICE_PEOPLE: usize = 50;
/// People whose `members_version` is one query.
pub(crate) const VERSIONS_BATCH: usize = 500;
/// People who are compared without giving way to other tasks.
const QUERIES_PER_PAUSE: usize = 8;
/// Between two slices that are read one after the other.
const PROMPT_INTERVAL: Duration = Duration::from_millis(20);

/// What stands out of the comparison of everybody.
#[derive(Debug)]
pub(crate) struct Rounds {
    /// Up to whom this round has got.
    after: Option<UserId>,
    /// When the next round begins.
    next: Instant,
    /// When versions are looked at next.
    versions: Instant,
}

impl Default for Rounds {
    fn default() -> Self {
        let next = Instant::now() + REPAIR_INTERVAL;
        Self { after: None, next, versions: next }
    }
}

impl Chat {
    /// Brings this node's picture up to date after bus trouble, and tells its connections what they missed. What cannot be read
    /// does not keep the rest from being brought up to date.
    ///
    /// # Errors
    /// The first one: all of it is to be tried again.
    pub(crate) async fn repair(&self) -> Result<(), Error> {
        let sessions = self.check_sessions().await;
        let heads = self.check_heads().await;
        let gaps = self.fill_gaps(true).await;
        let people = self.compare_everybody().await;
        sessions.and(heads).and(gaps).and(people)
    }

    /// What is due of the comparisons that are made all the time, see [`SLICE_INTERVAL`].
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
        let people = self.hub.people(after, SLICE_PEOPLE);
        rounds.after = people.last().map(|(user, _)| *user).filter(|_| people.len() == SLICE_PEOPLE);
        self.sent_marks.retain(after, rounds.after, &people);
        self.compare(people).await
    }

    async fn compare_everybody(&self) -> Result<(), Error> {
        let (mut after, mut done) = (None, Ok(()));
        loop {
            let people = self.hub.people(after, SLICE_PEOPLE);
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
            let mut people = self.hub.people(after, VERSIONS_BATCH);
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

    /// Makes these people's connections be where the database says, and tells them what differs. Where one of them cannot be
    /// brought up to date, the others are, and the next comparison looks again.
    async fn compare(&self, people: Vec<(UserId, ConnectedPerson)>) -> Result<(), Error> {
        if people.is_empty() || !self.mechanisms.has(Mechanism::Repair) {
            return Ok(());
        }
        let users: Vec<_> = people.iter().map(|(user, _)| *user).collect();
        // Before what they stand for: what moves meanwhile is compared again.
        let versions: BTreeMap<_, _> = self.store.list_members_versions(&users).await?.into_iter().collect();
        let mut rooms: BTreeMap<UserId, Vec<RoomId>> = BTreeMap::new();
        let mut marks: BTreeMap<UserId, Vec<(RoomId, Mark)>> = BTreeMap::new();
        for (room, Mark(user, _, read)) in self.store.list_memberships(&users).await? {
            rooms.entry(user).or_default().push(room);
            // Of their own marks people see only how far they have read.
            marks.entry(user).or_default().push((room, Mark(user, read, read)));
        }
        for (user, room, mark) in self.store.list_other_marks(&users).await? {
            marks.entry(user).or_default().push((room, mark));
        }
        for (number, (user, person)) in people.into_iter().enumerate() {
            let rooms = rooms.remove(&user).unwrap_or_default();
            match self.move_person(user, &rooms, person.version).await {
                Ok(true) => self.hub.set_compared(user, versions.get(&user).copied()),
                Ok(false) => {}
                Err(error) => {
                    self.metrics.repairs_failed.inc();
                    tracing::warn!(%user, %error, "a person's rooms could not be read, trying again later");
                }
            }
            self.send_marks(user, &marks.remove(&user).unwrap_or_default());
            if number % QUERIES_PER_PAUSE == QUERIES_PER_PAUSE - 1 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Makes a person's connections be where the database says, and tells them what differs. Returns false where they moved
    /// meanwhile: the next comparison looks again.
    async fn move_person(&self, user: UserId, rooms: &[RoomId], version: u64) -> Result<bool, Error> {
        let Some(diff) = self.hub.replace_rooms(user, rooms, version).await else { return Ok(false) };
        for room in diff.left {
            self.hub.send_to_user_here(user, &Frame::encode(&ServerFrame::RoomGone { room_id: room }));
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

    /// Tells a person which marks moved since their devices were told; they may not have heard it.
    fn send_marks(&self, user: UserId, marks: &[(RoomId, Mark)]) {
        for (room_id, mark) in self.sent_marks.replace(user, marks) {
            let frame = ServerFrame::Status { room_id, marks: vec![mark] };
            self.hub.send_to_user_here(user, &Frame::encode(&frame));
        }
    }
}
