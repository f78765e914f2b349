//! One device of a person: a real engine, hosted by a task of its own.
//!
//! The task does what the engine asks for and tells it what came of that. The holder of the [`Device`] acts for the person:
//! types, looks, reads.

mod host;
mod journal;
mod link;
mod site;

pub use journal::{Journal, Sent};
pub use site::Site;

use crate::Person;
use client::{Engine, Input};
use host::Host;
use protocol::{ClientId, RoomId, ServerFrame, UnixMillis, User};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What the task and the person both look at. Locked for moments, never across an await.
struct State {
    engine: Engine,
    journal: Journal,
}

/// See the module's documentation. Dropping it is pulling its plug.
pub struct Device {
    state: Arc<Mutex<State>>,
    /// What the person does, on its way to the task.
    person: mpsc::UnboundedSender<Input>,
    task: JoinHandle<()>,
}

impl Device {
    /// Switches a device on: it connects to the nodes of `site` in turn, from number `first`. `seed` is its chance.
    #[must_use]
    pub fn start(person: &Person, site: &Arc<Site>, first: usize, seed: u64) -> Self {
        Self::switch_on(person.user.clone(), person.token.clone(), site, first, seed, None)
    }

    /// The same for somebody by name, with a copy of each frame that has come once the engine has it.
    #[must_use]
    pub fn watched(
        user: User,
        token: String,
        site: &Arc<Site>,
        first: usize,
        seed: u64,
        watcher: mpsc::UnboundedSender<ServerFrame>,
    ) -> Self {
        Self::switch_on(user, token, site, first, seed, Some(watcher))
    }

    fn switch_on(
        user: User,
        token: String,
        site: &Arc<Site>,
        first: usize,
        seed: u64,
        watcher: Option<mpsc::UnboundedSender<ServerFrame>>,
    ) -> Self {
        let engine = Engine::new(user, Vec::new(), None);
        let state = Arc::new(Mutex::new(State { engine, journal: Journal::default() }));
        let (sender, inputs) = mpsc::unbounded_channel();
        let host = Host::new(Arc::clone(&state), Arc::clone(site), token, (first, seed), watcher);
        Self { state, person: sender, task: tokio::spawn(host.run(inputs)) }
    }

    /// The person does something.
    pub fn input(&self, input: Input) {
        // An error says that the task has ended with a panic; a caller that waits for the device to settle sees that.
        let _ = self.person.send(input);
    }

    /// The person sends a message.
    pub fn send(&self, room_id: RoomId, client_id: ClientId, body: String) {
        self.input(Input::Send { client_id, room_id, body, reply_to: None });
    }

    /// Looks at what the device shows and at what it has done so far.
    pub fn look<T>(&self, look: impl FnOnce(&Engine, &Journal) -> T) -> T {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        look(&state.engine, &state.journal)
    }

    /// Whether its task still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A message's id, as a page makes it: the time, then chance.
#[must_use]
pub fn new_client_id(random: &mut fastrand::Rng) -> ClientId {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(wall().0).unwrap_or_default();
    ClientId(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

/// The clock on the wall, which labels messages and takes no part in anything else.
fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
