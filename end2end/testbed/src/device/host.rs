//! The task of a device: hands every event to the engine, with time and chance, and does what it asks for.

use super::link::{Event, Link};
use super::{Site, State, wall};
use client::{Effect, Input, Now};
use protocol::ServerFrame;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// See the module's documentation. Ends with its device.
pub(super) struct Host {
    state: Arc<Mutex<State>>,
    site: Arc<Site>,
    token: String,
    random: fastrand::Rng,
    /// The number of the node at which the next connection is tried first.
    next: usize,
    /// The node of the present connection, or of the last one.
    node: Option<SocketAddr>,
    link: Link,
    /// When the engine wants to be woken.
    wake: Option<Instant>,
    /// Pages of history that are on their way.
    pages: JoinSet<Input>,
    /// Who wants to know what comes; not told any more once they are gone.
    watcher: Option<mpsc::UnboundedSender<ServerFrame>>,
}

impl Host {
    /// Tries the node with the number `first` at first; `seed` is its chance.
    pub(super) fn new(
        state: Arc<Mutex<State>>,
        site: Arc<Site>,
        token: String,
        (first, seed): (usize, u64),
        watcher: Option<mpsc::UnboundedSender<ServerFrame>>,
    ) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let (link, pages) = (Link::Absent, JoinSet::new());
        Self { state, site, token, random, next: first, node: None, link, wake: None, pages, watcher }
    }

    /// Until the person is gone.
    pub(super) async fn run(mut self, mut person: mpsc::UnboundedReceiver<Input>) {
        self.take(Input::ConnectNow).await;
        loop {
            let wake = self.wake;
            let woken = async {
                match wake {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let input = tokio::select! {
                input = person.recv() => match input {
                    Some(input) => input,
                    None => return,
                },
                event = self.link.next() => match event {
                    Event::Opened(node) => {
                        self.node = Some(node);
                        Input::Connected
                    }
                    Event::Frame(frame) => Input::Frame(*frame),
                    Event::Closed(code) => Input::Disconnected { code },
                },
                Some(Ok(page)) = self.pages.join_next() => page,
                () = woken => {
                    self.wake = None;
                    Input::Wake
                }
            };
            self.take(input).await;
        }
    }

    async fn take(&mut self, input: Input) {
        let seen = match (&input, &self.watcher) {
            (Input::Frame(frame), Some(_)) => Some(frame.clone()),
            _ => None,
        };
        let now = Now { monotonic_ms: self.site.monotonic_ms(), wall: wall(), random: self.random.u64(..) };
        for effect in self.handle(now, input) {
            self.perform(effect).await;
        }
        if let (Some(watcher), Some(frame)) = (&self.watcher, seen) {
            // An error says that nobody watches any more.
            let _ = watcher.send(frame);
        }
    }

    fn handle(&self, now: Now, input: Input) -> Vec<Effect> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { engine, journal } = &mut *state;
        let before = engine.connection();
        journal.record(&input);
        let effects = engine.handle(now, input);
        journal.follow(now, before, engine, &effects);
        effects
    }

    async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Connect => {
                self.link = Link::open(self.site.nodes(self.next), &self.token);
                self.next += 1;
            }
            Effect::Transmit(frame) => self.link.send(&frame).await,
            Effect::FetchHistory { room_id, request, generation } => {
                let (site, token) = (Arc::clone(&self.site), self.token.clone());
                let Some(node) = self.node.or_else(|| self.site.nodes(self.next).next()) else { return };
                self.pages.spawn(async move {
                    let result = site.page(node, &token, room_id, request).await;
                    Input::History { room_id, request, generation, result }
                });
            }
            Effect::WakeAt(at) => self.wake = Some(self.site.moment(at)),
            // Screens are looked at when somebody wants to know; the journal keeps what should not have happened. These
            // devices live as long as a run, so nothing has to outlive them.
            Effect::Changed(_) | Effect::Save(_) | Effect::Refused(_) | Effect::SignedOut | Effect::Reload => {}
        }
    }
}
