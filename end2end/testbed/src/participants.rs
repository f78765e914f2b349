//! Everybody's devices: they are switched on, talk at a steady rate, come to rest, and are looked at.

use crate::check::{Picture, Truth, Verdict, compare};
use crate::servers::READY_TIMEOUT;
use crate::{Device, Error, Population, Site, device};
use client::{Input, Revision};
use protocol::{MessageKind, RoomId, Seq, UserId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

/// One in so many times somebody also looks at one of their rooms and reads it.
const READ_ONE_IN: u32 = 8;
/// One in so many times somebody changes one of their messages, or reacts to another's.
const REVISE_ONE_IN: u32 = 8;
/// How long everything may take to come to rest: longer than any wait of an engine.
const REST: Duration = Duration::from_secs(120);

/// One device, and where its person is.
pub struct Participant {
    /// Its engine, hosted.
    pub device: Device,
    user: UserId,
    name: String,
    rooms: Vec<RoomId>,
}

/// See the module's documentation.
pub struct Participants {
    /// In the order in which they came in.
    pub all: Vec<Participant>,
}

impl Participants {
    /// Switches a device on for each person, and a second one for each `second`th; returns once all show all their rooms.
    ///
    /// # Errors
    /// Where somebody waits in vain.
    pub async fn enter(
        population: &Population,
        second: usize,
        site: &Arc<Site>,
        random: &mut fastrand::Rng,
    ) -> Result<Self, Error> {
        let first = population.people.iter();
        let others = population.people.iter().step_by(second);
        let participants = first.chain(others).enumerate().map(|(number, person)| Participant {
            device: Device::start(person, site, number, random.u64(..)),
            user: person.user.id,
            name: format!("device {number} of {}", person.user.username),
            rooms: person.rooms.clone(),
        });
        let participants = Self { all: participants.collect() };
        participants
            .until("everybody to come in", |participant| {
                Picture::take(&participant.name, &participant.device).map(drop)
            })
            .await?;
        participants.open_rooms().await?;
        Ok(participants)
    }

    /// Opens every room on each device: rows of a room that was opened once are kept up from then on.
    async fn open_rooms(&self) -> Result<(), Error> {
        for participant in &self.all {
            for room in &participant.rooms {
                participant.device.input(Input::Open(Some(*room)));
            }
        }
        self.until("everybody to see their rooms", Participant::has_looked).await
    }

    /// Waits until every device is in this epoch, which drops all rows, and opens the rooms again.
    ///
    /// # Errors
    /// Where somebody waits in vain.
    pub async fn enter_epoch(&self, epoch: Uuid) -> Result<(), Error> {
        self.until("everybody to be in the new epoch", |participant| {
            match participant.device.look(|engine, _| engine.epoch()) {
                Some(found) if found == epoch => Ok(()),
                found => Err(format!("{} is in {found:?}", participant.name)),
            }
        })
        .await?;
        self.open_rooms().await
    }

    /// Talks until this is dropped, with so long between two messages of all devices taken together.
    pub async fn talk(&self, every: Duration, random: &mut fastrand::Rng) {
        let mut turns = interval(every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 1_u64.. {
            turns.tick().await;
            let participant = &self.all[random.usize(..self.all.len())];
            let room = participant.rooms[random.usize(..participant.rooms.len())];
            let body = format!("message {number} {}", "x".repeat(random.usize(..200)));
            participant.device.send(room, device::new_client_id(random), body.trim().to_owned());
            if random.u32(..READ_ONE_IN) == 0 {
                let reader = &self.all[random.usize(..self.all.len())];
                reader.read(reader.rooms[random.usize(..reader.rooms.len())]);
            }
            if random.u32(..REVISE_ONE_IN) == 0 {
                let reviser = &self.all[random.usize(..self.all.len())];
                reviser.revise(reviser.rooms[random.usize(..reviser.rooms.len())], number, random);
            }
        }
    }

    /// Waits until everybody has come to rest and nothing differs, or nothing more can be hoped for; then says what differs.
    ///
    /// # Errors
    /// Where somebody is still busy after the timeout, or the database is away.
    pub async fn settle(&self, url: &str) -> Result<Verdict, Error> {
        let deadline = Instant::now() + REST;
        loop {
            let at_rest = match self.pictures() {
                Ok(pictures) => Ok(compare(&Truth::read(url).await?, &pictures)),
                Err(busy) => Err(busy),
            };
            match at_rest {
                Ok(verdict) if verdict.is_clean() || Instant::now() > deadline => return Ok(verdict),
                Err(busy) if Instant::now() > deadline => return Err(format!("no rest: {busy}").into()),
                _ => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }

    /// Waits until every room is shown this far everywhere, and answers with how long that took.
    ///
    /// # Errors
    /// Where somebody is behind after the timeout.
    pub async fn reach(&self, heads: &HashMap<RoomId, Seq>) -> Result<Duration, Error> {
        let begun = Instant::now();
        let head = |room: &RoomId| heads.get(room).copied().unwrap_or_default();
        let is_there = |participant: &Participant| match participant
            .rooms
            .iter()
            .find(|room| participant.shows(**room) < head(room))
        {
            Some(room) => Err(format!("{} is behind in {room}", participant.name)),
            None => Ok(()),
        };
        self.until("everybody to catch up", is_there).await?;
        Ok(begun.elapsed())
    }

    /// Messages that were typed, and those that the server said it has.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let each = |participant: &Participant| {
            participant.device.look(|_, journal| (journal.sent.len(), journal.acknowledged.len()))
        };
        self.all.iter().map(each).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// A picture of every device, unless one is still busy: then which, and with what.
    fn pictures(&self) -> Result<Vec<Picture>, String> {
        self.all.iter().map(|participant| Picture::take(&participant.name, &participant.device)).collect()
    }

    /// Waits until no device has a reason to wait for any more.
    async fn until(&self, what: &str, look: impl Fn(&Participant) -> Result<(), String>) -> Result<(), Error> {
        let deadline = Instant::now() + READY_TIMEOUT;
        while let Err(reason) = self.all.iter().try_for_each(&look) {
            if Instant::now() > deadline {
                return Err(format!("waited in vain for {what}: {reason}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Participant {
    /// The person looks at a room, and has seen what is there.
    fn read(&self, room_id: RoomId) {
        self.device.input(Input::Open(Some(room_id)));
        self.device.input(Input::Seen { room_id, seq: self.shows(room_id) });
    }

    /// The person edits a message of their own, or likes somebody else's.
    fn revise(&self, room_id: RoomId, number: u64, random: &mut fastrand::Rng) {
        let mut rows = self.device.look(|engine, _| engine.rows(room_id));
        rows.retain(|row| row.message.seq > Seq(0) && row.message.kind == MessageKind::Text);
        let Some(row) = random.choice(&rows) else { return };
        let revision = if row.message.sender_id == self.user {
            Revision::Edit(format!("message {number}, edited"))
        } else {
            Revision::React { emoji: "👍".to_owned(), on: random.bool() }
        };
        let client_id = device::new_client_id(random);
        self.device.input(Input::Revise { client_id, room_id, seq: row.message.seq, revision });
    }

    fn has_looked(&self) -> Result<(), String> {
        // Every room begins with a message of its own.
        match self.rooms.iter().find(|room| self.shows(**room) == Seq(0)) {
            Some(room) => Err(format!("{} waits for {room}", self.name)),
            None => Ok(()),
        }
    }

    fn shows(&self, room: RoomId) -> Seq {
        let rows = self.device.look(|engine, _| engine.rows(room));
        rows.iter().map(|row| row.message.seq).max().unwrap_or_default()
    }
}
