//! A client process: a share of the connections on one thread, with a delivery_log of what they were sent and received.

mod delivery_log;
mod engine;
mod link;
mod participant;
mod schedule;

use crate::pipe::{Job, Order, Tally, Word};
use crate::usage;
use delivery_log::DeliveryLog;
use participant::{Pace, Shared};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testbed::{Error, Site};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::sleep;

/// How often it is looked whether something is over.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// From an order until the first message is due.
const RUN_UP: Duration = Duration::from_millis(50);

/// Does what the lines of the input say until it ends.
pub(crate) fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = LocalSet::new().block_on(&runtime, run());
    runtime.shutdown_background();
    done
}

async fn run() -> Result<(), Error> {
    let mut lines = BufReader::with_capacity(1 << 20, tokio::io::stdin()).lines();
    let Some(job) = lines.next_line().await? else { return Ok(()) };
    let mut client = Client::enter(serde_json::from_str(&job)?)?;
    tokio::select! {
        () = client.wait_for_all() => send(&Word::Connected)?,
        _ = lines.next_line() => return Ok(()),
    }
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Order::Go { rate, millis, patience_millis } => {
                let (length, timeout) = (Duration::from_millis(millis), Duration::from_millis(patience_millis));
                tokio::select! {
                    tally = client.go(rate, length, timeout) => send(&Word::Done(Box::new(tally)))?,
                    // The driver says nothing before it has its answer, so this is the end.
                    _ = lines.next_line() => return Ok(()),
                }
            }
            Order::Stall => client.stall(),
        }
    }
    Ok(())
}

fn send(word: &Word) -> Result<(), Error> {
    println!("{}", serde_json::to_string(word)?);
    Ok(())
}

/// See the module's documentation.
struct Client {
    shared: Rc<Shared>,
    /// Of each room, the views that send.
    senders: Vec<Vec<usize>>,
    slow: Vec<usize>,
    /// To each view's task: numbers of messages that are due.
    due: Vec<mpsc::UnboundedSender<u32>>,
    /// Messages so far.
    sent: usize,
}

impl Client {
    /// Starts to connect everybody.
    fn enter(job: Job) -> Result<Self, Error> {
        let site = if job.are_engines { Some(Arc::new(Site::new(job.nodes.clone())?)) } else { None };
        let shared = Rc::new(Shared {
            target: job.target,
            nodes: job.nodes,
            source: job.source,
            salt: job.salt,
            length: job.length,
            clock: Instant::now(),
            pace: Pace::new(job.pace),
            delivery_log: DeliveryLog::new(job.rooms.iter().map(|room| room.members.len())).into(),
        });
        let (mut senders, mut slow, mut due) = (Vec::new(), Vec::new(), Vec::new());
        for room in job.rooms {
            let mut talkers = Vec::new();
            for participant in room.members {
                let view = due.len();
                if participant.is_slow {
                    slow.push(view)
                } else {
                    talkers.push(view)
                }
                let (sender, turns) = mpsc::unbounded_channel();
                due.push(sender);
                let shared = Rc::clone(&shared);
                match &site {
                    Some(site) => {
                        let site = Arc::clone(site);
                        tokio::task::spawn_local(engine::stay(shared, site, view, room.id, participant, turns))
                    }
                    None => tokio::task::spawn_local(participant::stay(shared, view, room.id, participant, turns)),
                };
            }
            senders.push(talkers);
        }
        Ok(Self { shared, senders, slow, due, sent: 0 })
    }

    async fn wait_for_all(&self) {
        while self.shared.delivery_log.borrow().online() < self.due.len() {
            sleep(POLL_INTERVAL).await;
        }
    }

    fn stall(&self) {
        for view in &self.slow {
            self.shared.delivery_log.borrow_mut().deafen(*view);
        }
    }

    /// Sends for so long, then waits until all is at rest or the timeout ends.
    async fn go(&mut self, rate: f64, length: Duration, timeout: Duration) -> Tally {
        let cpu = usage::own_cpu_seconds();
        let begin = Instant::now() + RUN_UP;
        let offset = micros(begin.duration_since(self.shared.clock));
        self.shared.delivery_log.borrow_mut().turn_page(offset);
        let mut items = Vec::new();
        for turn in schedule::turns(self.senders.len(), rate, length, self.sent) {
            let senders = &self.senders[turn.room];
            let view = senders[turn.sender % senders.len()];
            let number = self.shared.delivery_log.borrow_mut().plan(turn.room, offset + micros(turn.due));
            items.push((turn.due, (self.due[view].clone(), number)));
        }
        self.sent += items.len();
        let player = std::thread::spawn(move || {
            schedule::play(begin, items.into_iter(), |(view, number)| {
                // An error says that the view's task has ended with a panic: the message stays unanswered.
                let _ = view.send(number);
            });
        });
        let deadline = begin + length + timeout;
        while !(player.is_finished() && self.shared.delivery_log.borrow().is_at_rest()) && Instant::now() < deadline {
            sleep(POLL_INTERVAL).await;
        }
        let mut tally = self.shared.delivery_log.borrow_mut().turn_page(self.shared.now());
        tally.cpu_seconds = usage::own_cpu_seconds() - cpu;
        tally
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
