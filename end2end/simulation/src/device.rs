//! A device: a real engine, and around it what a browser does: sockets, requests, timers, loading the page.

pub(super) mod request;

use super::cluster::Cluster;
use super::link::{self, End, Said};
use super::memory::Memory;
use super::plan::{Fault, Mutation};
use super::sim::{Sim, SimClock, note};
use super::watch;
use chat::clock::Clock;
use client::{ConnectionState, Effect, Engine, Input, Now, StorageWrite};
use protocol::{Incoming, RoomId, ServerFrame, SessionId, User};
use std::sync::{Arc, Mutex, MutexGuard};
use testbed::Disk;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, sleep_until};

/// The longest that a device may be online without receiving anything, in virtual milliseconds.
const SILENCE_MAX_MS: u64 = 60_000;

pub(super) struct Device {
    pub(super) number: usize,
    pub(super) user: User,
    pub(super) cluster: Arc<Cluster>,
    pub(super) sim: Arc<Sim>,
    session: SessionId,
    clock: SimClock,
    state: Mutex<State>,
}

/// What a reload ends, and what outlasts it.
pub(super) struct State {
    /// None while the page loads.
    pub(super) engine: Option<Engine>,
    /// The room that the person looks at.
    pub(super) open: Option<RoomId>,
    /// What the person did and what became of it.
    pub(super) memory: Memory,
    /// What the browser keeps for the next page.
    pub(super) disk: Disk,
    /// Whether this page has read that.
    pub(super) settled: bool,
    /// The present socket.
    socket: Option<Socket>,
    /// The one before, until the present one is open: answers on it still count.
    previous: Option<Socket>,
    /// Numbers the sockets.
    generation: u64,
    /// When the engine wants to be woken.
    wake: Option<u64>,
    /// Until when there is no network, in milliseconds.
    away_until: u64,
    /// When something was received last on a socket, or one was opened, in virtual milliseconds.
    last_received: u64,
    /// How often the page was loaded: answers to an earlier page's requests are nobody's.
    pub(super) page: u64,
}

/// One socket as the page holds it. Dropping it closes it.
struct Socket {
    generation: u64,
    is_open: bool,
    /// The way into it.
    texts: mpsc::UnboundedSender<String>,
    task: AbortHandle,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Device {
    pub(super) fn new(cluster: &Arc<Cluster>, number: usize, user: User) -> Arc<Self> {
        let sim = Arc::clone(&cluster.sim);
        let (memory, disk) = (Memory::default(), Disk::default());
        let state = State {
            engine: None,
            open: None,
            memory,
            disk,
            settled: false,
            socket: None,
            previous: None,
            generation: 0,
            wake: None,
            away_until: 0,
            last_received: 0,
            page: 0,
        };
        let (session, clock) = (SessionId(sim.id(0)), SimClock::new(&sim));
        let (cluster, state) = (Arc::clone(cluster), Mutex::new(state));
        Arc::new(Self { number, user, cluster, sim, session, clock, state })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Loads the page (again), which ends everything that was only in it.
    pub(super) fn load(self: &Arc<Self>) {
        note!(self.sim, "device {} loads its page", self.number);
        let mut state = self.lock();
        let state = &mut *state;
        (state.socket, state.previous) = (None, None);
        state.engine = None;
        state.settled = false;
        state.wake = None;
        state.page += 1;
        self.sim.spawn(request::load(Arc::clone(self), state.page));
    }

    /// The page is there.
    pub(super) fn begin(self: &Arc<Self>, engine: Engine) {
        let page = {
            let mut state = self.lock();
            state.engine = Some(self.made(engine));
            state.page
        };
        self.input(Input::BecomeFollower);
        self.input(Input::ConnectNow);
        self.sim.spawn(settle(Arc::clone(self), page));
    }

    /// Without what the plan switches off.
    fn made(&self, mut engine: Engine) -> Engine {
        if let Some(Mutation::Engine(mechanism)) = self.sim.plan.mutation {
            engine.switch_off(mechanism);
        }
        engine
    }

    pub(super) fn input(self: &Arc<Self>, input: Input) {
        self.check_silence();
        self.check_refusal(&input);
        let mut state = self.lock();
        let State { engine: Some(engine), memory, last_received, .. } = &mut *state else { return };
        note!(self.sim, "device {} < {input:?}", self.number);
        if matches!(input, Input::Connected | Input::Frame(_)) {
            *last_received = self.sim.now();
        }
        // A socket that the engine has given up may still talk, but only its answers count.
        let is_deaf = matches!(engine.connection(), ConnectionState::Waiting { .. });
        if !(is_deaf && matches!(&input, Input::Frame(frame) if !is_answer(frame))) {
            memory.record(&input, Some(engine));
        }
        let random = self.sim.chance.next();
        let retried = if let Input::Retry { client_id, anew } = input { Some((client_id, anew)) } else { None };
        let part = watch::is_part_of_a_list(&input).then(|| engine.rooms());
        let effects = engine.handle(Now { monotonic_ms: self.sim.now(), wall: self.clock.now(), random }, input);
        if let Some((id, anew)) = retried {
            let shown = [anew].into_iter().find(|anew| memory.shows(engine, id, *anew));
            memory.retry(id, shown);
        }
        if let Err(problem) = watch::check(engine, &effects, memory.excuses(self.cluster.tables().epoch)) {
            self.sim.fail(format!("device {}: {problem}", self.number));
        }
        if part.is_some_and(|before| before != engine.rooms()) {
            self.sim.fail(format!("device {}: I1: a part of the list of rooms was taken for the whole", self.number));
        }
        for effect in effects {
            match effect {
                Effect::Save(changes) => {
                    if !self.save(&mut state, changes) {
                        self.sim.spawn(end_page(Arc::clone(self), state.page));
                        break;
                    }
                }
                effect => self.perform(&mut state, effect),
            }
        }
    }

    /// A device does not call itself connected for long without having received anything.
    pub(super) fn check_silence(&self) {
        let state = self.lock();
        let silence = self.sim.now() - state.last_received;
        let is_online = state.engine.as_ref().is_some_and(|engine| engine.connection() == ConnectionState::Online);
        if is_online && silence > SILENCE_MAX_MS {
            self.sim.fail(format!("device {} says that it is online after a silence of {silence} ms", self.number));
        }
    }

    /// I5: nothing is refused that is stored. Until a loss of commits is noticed, a copy of it may meet another life of the database.
    fn check_refusal(&self, input: &Input) {
        let Input::Frame(ServerFrame::Nack { client_id, retryable: false, message, .. }) = input else { return };
        let stored = self.cluster.tables().find_message(self.user.id, *client_id).is_some();
        if stored && !self.lock().memory.is_behind() {
            self.sim.fail(format!("I5: {client_id:?} is stored, and device {} hears: {message}", self.number));
        }
    }

    fn perform(self: &Arc<Self>, state: &mut State, effect: Effect) {
        match effect {
            Effect::Connect => self.connect(state),
            Effect::Transmit(frame) => {
                let text = serde_json::to_string(&frame).unwrap();
                note!(self.sim, "device {} > {text}", self.number);
                // On a socket that is not open it goes nowhere.
                let _ = state.socket.as_ref().map(|socket| socket.texts.send(text));
            }
            Effect::FetchHistory { room_id, request, generation } => {
                self.sim.spawn(request::history(Arc::clone(self), state.page, room_id, request, generation));
            }
            Effect::WakeAt(at) => self.wake_at(state, at),
            Effect::Save(_) | Effect::Changed(_) | Effect::Refused(_) => {}
            Effect::SignedOut | Effect::Reload => self.sim.fail(format!("device {}: {effect:?}", self.number)),
        }
    }

    /// Keeps this, unless the page dies meanwhile. Whether it lives on.
    fn save(&self, state: &mut State, mut changes: Vec<StorageWrite>) -> bool {
        let torn = self.sim.plan.lacks(Mutation::Transaction);
        // What is torn matters only in rooms that the next page does not get from the server: more have to die.
        let dies = self.sim.strikes(Fault::Reload, if torn { 8 } else { 150 });
        if dies {
            let whole = changes.len() * self.sim.chance.below(2);
            let missed = changes.split_off(if torn { self.sim.chance.below(changes.len() + 1) } else { whole });
            note!(self.sim, "device {} dies while it saves", self.number);
            state.memory.miss(&missed);
            state.engine = None;
        }
        state.disk.write(changes);
        !dies
    }

    fn wake_at(self: &Arc<Self>, state: &mut State, at: u64) {
        state.wake = Some(at);
        let device = Arc::clone(self);
        let page = state.page;
        self.sim.spawn(async move {
            sleep_until(device.sim.at(at)).await;
            let due = {
                let mut state = device.lock();
                state.page == page && state.wake.take_if(|wanted| *wanted == at).is_some()
            };
            if due {
                device.input(Input::Wake);
            }
        });
    }

    /// There is no network for a while.
    pub(super) fn leave(self: &Arc<Self>) {
        let away = 1_000 + self.sim.chance.next() % 60_000;
        note!(self.sim, "device {} is away for {away} ms", self.number);
        self.lock().away_until = self.sim.now() + away;
        self.hang_up();
    }

    /// Loses its connection, and notices.
    pub(super) fn hang_up(self: &Arc<Self>) {
        let had_socket = {
            let mut state = self.lock();
            state.previous = None;
            state.socket.take().is_some()
        };
        if had_socket {
            self.input(Input::Disconnected { code: None });
        }
    }

    fn is_away(&self) -> bool {
        !self.sim.is_calm() && self.sim.now() < self.lock().away_until
    }

    /// Opens a socket in place of the one before, which stays as it is until then.
    fn connect(self: &Arc<Self>, state: &mut State) {
        if let Some(before) = state.socket.take().filter(|socket| socket.is_open) {
            state.previous = Some(before);
        }
        state.generation += 1;
        let (generation, (texts, queue)) = (state.generation, mpsc::unbounded_channel());
        let task = self.sim.spawn(talk(Arc::clone(self), generation, queue));
        state.socket = Some(Socket { generation, is_open: false, texts, task });
    }

    /// Something happens on a socket. What is of no use any more is not handed on.
    fn socket_event(self: &Arc<Self>, generation: u64, input: Input) {
        {
            let mut state = self.lock();
            let state = &mut *state;
            let is_of = |socket: &Option<Socket>| socket.as_ref().is_some_and(|socket| socket.generation == generation);
            match &input {
                Input::Frame(frame) if is_of(&state.previous) && is_answer(frame) => {}
                _ if !is_of(&state.socket) => return,
                Input::Connected => {
                    state.socket.iter_mut().for_each(|socket| socket.is_open = true);
                    state.previous = None;
                }
                _ => {}
            }
        }
        self.input(input);
    }
}

/// Whether a frame says what became of something that was sent.
const fn is_answer(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Ack { .. } | ServerFrame::Nack { .. })
}

/// A page died; another one is loaded.
async fn end_page(device: Arc<Device>, page: u64) {
    if device.lock().page == page {
        device.load();
    }
}

/// The storage answers some time after the page began.
async fn settle(device: Arc<Device>, page: u64) {
    sleep(device.sim.latency()).await;
    let (saved, open) = {
        let mut state = device.lock();
        if state.page != page || state.engine.is_none() {
            return;
        }
        state.settled = true;
        (state.disk.read(), state.open)
    };
    device.input(Input::Restore(saved));
    device.input(Input::BecomeLeader { rooms: true });
    device.input(Input::Open(open));
}

/// A socket's life, as the device sees it.
async fn talk(device: Arc<Device>, generation: u64, mut queue: mpsc::UnboundedReceiver<String>) {
    let sim = &device.sim;
    sleep(sim.latency()).await;
    let Some(node) = device.cluster.any().filter(|_| !device.is_away()) else {
        return device.socket_event(generation, Input::Disconnected { code: None });
    };
    if sim.strikes(Fault::Silent, 10) {
        note!(sim, "device {} gets no answer to its attempt", device.number);
        return std::future::pending().await;
    }
    let (End { mut sender, mut receiver, .. }, server) = link::open(sim);
    note!(sim, "device {} is connected to node {}", device.number, node.life.number);
    node.accept(device.user.id, device.session, server);
    drop(node);
    device.socket_event(generation, Input::Connected);
    let code = loop {
        tokio::select! {
            biased;
            text = queue.recv() => match text {
                Some(text) => sender.send(Said::Text(text)),
                None => return,
            },
            said = receiver.recv() => match said {
                Some(Said::Text(text)) => match Incoming::read(&text) {
                    Incoming::Frame(frame) => device.socket_event(generation, Input::Frame(frame)),
                    unreadable if sim.plan.has(Fault::Later) => device.socket_event(generation, unreadable.into()),
                    unreadable => sim.fail(format!("a frame cannot be read: {unreadable:?}: {text}")),
                },
                // What a browser does without any code of the page's.
                Some(Said::Ping) => sender.send(Said::Pong),
                Some(Said::Pong) => {}
                Some(Said::Close(code)) => break Some(code),
                None => break None,
            },
        }
    };
    device.socket_event(generation, Input::Disconnected { code });
}
