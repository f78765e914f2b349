//! Two honest people beside an attack: real engines that talk to each other, and what they notice.

use crate::environment::Environment;
use client::{ConnectionState, Input};
use protocol::{ClientId, RoomId, ServerFrame};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testbed::{Device, Error, Site, device};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between two messages.
const SEND_INTERVAL: Duration = Duration::from_millis(50);
/// How long they may take to connect, and their last messages to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long they talk before an attack where latencies count, and at least during it.
const CALM: Duration = Duration::from_secs(5);
/// A p99 below this is good whatever it was before.
const GOOD: Duration = Duration::from_millis(25);
/// How many times the p99 may grow otherwise.
const GROWTH: u32 = 3;

/// See the module's documentation.
pub(crate) struct Pair {
    talker: Device,
    reader: Device,
    room: RoomId,
    /// What came to the reader.
    frames: mpsc::UnboundedReceiver<ServerFrame>,
    due: HashMap<ClientId, Instant>,
    took: Vec<Duration>,
    sent: usize,
    random: fastrand::Rng,
}

/// What they noticed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    sent: usize,
    arrived: usize,
    reconnects: usize,
    /// Without the attack and with it; none where no times count.
    p99: Option<(Duration, Duration)>,
}

impl Effect {
    pub(crate) fn is_bearable(&self) -> bool {
        let in_time = self.p99.is_none_or(|(before, during)| during <= GOOD.max(before * GROWTH));
        self.arrived == self.sent && self.reconnects == 0 && in_time
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, arrived, reconnects, p99 } = self;
        write!(f, "{arrived} of {sent} messages arrived")?;
        if *reconnects > 0 {
            write!(f, ", {reconnects} connections lost")?;
        }
        if let Some((before, during)) = p99 {
            let ms = |time: &Duration| time.as_secs_f64() * 1e3;
            write!(f, ", p99 {:.1} ms (without: {:.1} ms)", ms(during), ms(before))?;
        }
        Ok(())
    }
}

impl Pair {
    /// Returns once both are online and look at their room.
    pub(crate) async fn enter(environment: &Environment) -> Result<Self, Error> {
        let site = Arc::new(Site::new(environment.cluster.addresses())?);
        let (one, other) = (environment.honest(0), environment.honest(1));
        let talker = Device::start(one, &site, 0, 1);
        let (told, frames) = mpsc::unbounded_channel();
        let last = environment.cluster.nodes.len() - 1;
        let reader = Device::watched(other.user.clone(), other.token.clone(), &site, last, 2, told);
        let room = environment.quiet;
        for device in [&talker, &reader] {
            device.input(Input::Open(Some(room)));
        }
        let pair = Self {
            talker,
            reader,
            room,
            frames,
            due: HashMap::new(),
            took: Vec::new(),
            sent: 0,
            random: fastrand::Rng::new(),
        };
        let is_there = |device: &Device| {
            device.look(|engine, _| engine.connection() == ConnectionState::Online && !engine.rows(room).is_empty())
        };
        until("the honest people to come in", || is_there(&pair.talker) && is_there(&pair.reader)).await?;
        Ok(pair)
    }

    /// Talks without an attack, and answers with the p99.
    pub(crate) async fn calm(&mut self) -> Result<Duration, Error> {
        self.talk_until(sleep(CALM)).await;
        self.settle().await;
        let p99 = percentile(&mut self.took);
        (self.sent, self.took) = (0, Vec::new());
        self.due.clear();
        Ok(p99)
    }

    /// Talks while something happens, and at least for a moment.
    pub(crate) async fn beside<T>(&mut self, attack: impl Future<Output = T>, is_short: bool) -> T {
        let least = if is_short { SEND_INTERVAL * 10 } else { CALM };
        let (done, ()) = self.talk_until(async { tokio::join!(attack, sleep(least)) }).await;
        done
    }

    /// Waits for what is on its way; then says what was noticed.
    pub(crate) async fn effect(mut self, before: Option<Duration>) -> Effect {
        self.settle().await;
        let reconnects = [&self.talker, &self.reader].map(|device| {
            device.look(|engine, journal| {
                journal.resumes.len() + usize::from(engine.connection() != ConnectionState::Online)
            })
        });
        let p99 = before.map(|before| (before, percentile(&mut self.took)));
        let arrived = self.sent - self.due.len();
        Effect { sent: self.sent, arrived, reconnects: reconnects.iter().sum(), p99 }
    }

    async fn talk_until<T>(&mut self, end: impl Future<Output = T>) -> T {
        let mut turns = interval(SEND_INTERVAL);
        turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                done = &mut end => return done,
                Some(frame) = self.frames.recv() => self.note(frame),
                _ = turns.tick() => {
                    let id = device::new_client_id(&mut self.random);
                    self.due.insert(id, Instant::now());
                    self.sent += 1;
                    self.talker.send(self.room, id, format!("honest message {}", self.sent));
                }
            }
        }
    }

    fn note(&mut self, frame: ServerFrame) {
        let ids: Vec<ClientId> = match frame {
            ServerFrame::New { message } => vec![message.client_id],
            ServerFrame::Offline { rows, .. } | ServerFrame::Reset { rows, .. } => {
                rows.iter().map(|row| row.client_id).collect()
            }
            _ => return,
        };
        for id in ids {
            self.took.extend(self.due.remove(&id).map(|due| due.elapsed()));
        }
    }

    async fn settle(&mut self) {
        let deadline = tokio::time::Instant::now() + ARRIVAL_TIMEOUT;
        while !self.due.is_empty() {
            match tokio::time::timeout_at(deadline, self.frames.recv()).await {
                Ok(Some(frame)) => self.note(frame),
                _ => return,
            }
        }
    }
}

fn percentile(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    let place = (took.len() * 99 / 100).min(took.len().saturating_sub(1));
    took.get(place).copied().unwrap_or_default()
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) -> Result<(), Error> {
    let deadline = Instant::now() + ARRIVAL_TIMEOUT;
    while !is_so() {
        if Instant::now() > deadline {
            return Err(format!("waited in vain for {what}").into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
