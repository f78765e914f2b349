//! The bus between the simulated nodes: loses, doubles, delays, breaks, and says so only where a real one would.

use super::fault_hook::{Life, Point};
use super::plan::Fault;
use super::sim::{Sim, note};
use chat::bus::{Bus, BusEvent};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Events that may wait; never reached.
const CAPACITY: usize = 100_000;

/// What all nodes are connected to.
pub(super) struct Wire {
    sim: Arc<Sim>,
    ports: Mutex<Vec<Arc<Port>>>,
    /// How often everything under way was lost.
    generation: AtomicU64,
}

/// One node's connection. Ends with the node's life.
pub(super) struct Port {
    wire: Arc<Wire>,
    life: Arc<Life>,
    channels: Mutex<BTreeSet<String>>,
    events: mpsc::Sender<BusEvent>,
    receiver: Mutex<Option<mpsc::Receiver<BusEvent>>>,
    /// When the last message arrives that keeps its place.
    arrives: Mutex<Instant>,
    broken: AtomicBool,
}

impl Wire {
    pub(super) fn new(sim: &Arc<Sim>) -> Arc<Self> {
        Arc::new(Self { sim: Arc::clone(sim), ports: Mutex::default(), generation: AtomicU64::new(0) })
    }

    pub(super) fn connect(self: &Arc<Self>, life: &Arc<Life>) -> Arc<Port> {
        let (events, receiver) = mpsc::channel(CAPACITY);
        let port = Arc::new(Port {
            wire: Arc::clone(self),
            life: Arc::clone(life),
            channels: Mutex::default(),
            events,
            receiver: Mutex::new(Some(receiver)),
            arrives: Mutex::new(Instant::now()),
            broken: AtomicBool::new(false),
        });
        self.ports.lock().unwrap().push(Arc::clone(&port));
        port
    }

    fn living(&self) -> Vec<Arc<Port>> {
        let mut ports = self.ports.lock().unwrap();
        ports.retain(|port| !port.life.is_over());
        ports.clone()
    }

    /// What is in transit is of another epoch, and is dropped.
    pub(super) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// The bus restarts: nobody gets anything until they are connected again, each in their own time.
    pub(super) fn restart(&self) {
        note!(self.sim, "the bus restarts");
        for port in self.living() {
            port.lose_connection();
        }
    }
}

impl Port {
    pub(super) fn lose_connection(self: &Arc<Self>) {
        self.broken.store(true, Ordering::Relaxed);
        let port = Arc::clone(self);
        self.wire.sim.spawn(async move {
            sleep(port.wire.sim.chance.millis(20, 3_000)).await;
            port.broken.store(false, Ordering::Relaxed);
            note!(port.wire.sim, "node {} is on the bus again", port.life.number);
            let _ = port.events.try_send(BusEvent::Interrupted);
        });
    }

    pub(super) fn is_subscribed(&self, channel: &str) -> bool {
        self.channels.lock().unwrap().contains(channel)
    }

    /// A command to the bus is applied after a while, each in its own time.
    async fn command(&self) {
        let sim = &self.wire.sim;
        sleep(sim.chance.millis(1, if sim.strikes(Fault::BusSlow, 4) { 1_500 } else { 6 })).await;
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Sends a message on its way to this node.
    fn send(self: &Arc<Self>, channel: &str, payload: &str) {
        let sim = &self.wire.sim;
        if sim.strikes(Fault::BusLost, 12) {
            note!(sim, "node {} does not get a message on {channel}", self.life.number);
            return;
        }
        let mut at = Instant::now() + sim.chance.millis(1, 8);
        if sim.strikes(Fault::BusLate, 10) {
            at += sim.chance.millis(0, 2_000);
        } else {
            let mut arrives = self.arrives.lock().unwrap();
            *arrives = arrives.max(at);
            at = *arrives;
        }
        let port = Arc::clone(self);
        let generation = self.wire.generation.load(Ordering::Relaxed);
        let message = BusEvent::Message { channel: channel.to_owned(), payload: payload.to_owned() };
        sim.spawn(async move {
            sleep_until(at).await;
            if port.wire.generation.load(Ordering::Relaxed) == generation {
                port.deliver(message);
            }
        });
    }

    fn deliver(&self, message: BusEvent) {
        let BusEvent::Message { channel, .. } = &message else { return };
        if !self.is_broken() && !self.life.is_over() && self.channels.lock().unwrap().contains(channel) {
            let _ = self.events.try_send(message);
        }
    }
}

#[async_trait::async_trait]
impl Bus for Port {
    fn publish(&self, channel: String, payload: String) {
        self.wire.sim.publishes(payload.len());
        if !self.life.reaches(Point::BeforePublish) || self.is_broken() {
            return;
        }
        for port in self.wire.living() {
            port.send(&channel, &payload);
            if self.wire.sim.strikes(Fault::BusDoubled, 12) {
                port.send(&channel, &payload);
            }
        }
    }

    async fn subscribe(&self, channels: Vec<String>) {
        self.command().await;
        self.channels.lock().unwrap().extend(channels);
    }

    async fn unsubscribe(&self, channels: Vec<String>) {
        self.command().await;
        let mut held = self.channels.lock().unwrap();
        for channel in channels {
            held.remove(&channel);
        }
    }

    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>> {
        let receiver = self.receiver.lock().unwrap().take()?;
        Some(unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))).boxed())
    }

    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }
}
