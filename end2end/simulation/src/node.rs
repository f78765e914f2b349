//! A node: the real rules, writer and hub on a simulated store and bus, and sockets served as `socket` serves them.

use super::fault_hook::{Life, NodeFaults};
use super::later;
use super::link::{End, Link, Said, Sender};
use super::plan::{Fault, Mutation, NARROW_QUEUE};
use super::sim::{Sim, SimClock, note};
use super::wire::{Port, Wire};
use chat::background::{check_opened, check_sessions, fill_gaps, keep_repaired};
use chat::hub::Keys;
use chat::outbound::WriterPool;
use chat::socket::{self, Incoming, dispatch::Dispatch};
use chat::testing::{self, ReadBehavior, TestClient};
use chat::{Chat, Hub};
use futures_util::stream::unfold;
use protocol::{CloseCode, RoomId, ServerFrame, SessionId, UserId};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, Weak};
use store::model::{Model, Tables};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Bytes that a narrow link takes at once.
const NARROW_WINDOW: usize = 1_400;

/// One life of a node.
pub(super) struct Node {
    pub(super) chat: Arc<Chat>,
    hub: Arc<Hub>,
    pub(super) life: Arc<Life>,
    pub(super) port: Arc<Port>,
    sim: Arc<Sim>,
    writers: Arc<WriterPool>,
    /// What breaks with the node.
    links: Mutex<Vec<Weak<Link>>>,
    /// What ends with it.
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Node {
    pub(super) fn start(sim: &Arc<Sim>, wire: &Arc<Wire>, tables: &Arc<Mutex<Tables>>, number: usize) -> Arc<Self> {
        note!(sim, "node {number} starts");
        let life = Life::new(sim, number);
        let port = wire.connect(&life);
        let store = Arc::new(Model::new(Arc::clone(tables), Arc::new(NodeFaults(Arc::clone(&life)))));
        let bus: Arc<Port> = Arc::clone(&port);
        let hub = Hub::new(bus, Keys::default(), Arc::default());
        let clock = Arc::new(SimClock::new(sim));
        let chat = Chat::with_reach(store, Arc::clone(&hub), clock, Arc::default(), sim.plan.reach);
        let interruptions = Arc::new(Notify::new());
        if let Some(Mutation::Node(mechanism)) = sim.plan.mutation {
            chat.switch_off(mechanism);
        }
        let mut tasks = vec![sim.spawn(keep_repaired(Arc::clone(&chat), Arc::clone(&interruptions)))];
        tasks.push(sim.spawn(fill_gaps(Arc::clone(&chat))));
        tasks.push(sim.spawn(check_opened(Arc::clone(&chat))));
        tasks.push(sim.spawn(check_sessions(Arc::clone(&chat))));
        tasks.push(sim.spawn(Arc::clone(&hub).keep_subscriptions()));
        tasks.push(sim.spawn(Arc::clone(&hub).listen(Arc::new(move || interruptions.notify_one()))));
        let writers =
            Arc::new(if sim.plan.has(Fault::Narrow) { WriterPool::new(NARROW_QUEUE) } else { WriterPool::default() });
        tasks.push(sim.spawn(Arc::clone(&writers).run()));
        let (links, tasks) = (Mutex::default(), Mutex::new(tasks));
        let node = Arc::new(Self { chat, hub, life, port, sim: Arc::clone(sim), writers, links, tasks });
        let watched = Arc::clone(&node);
        sim.spawn(async move {
            watched.life.over().await;
            watched.bury();
        });
        node
    }

    /// A device's socket, from now on until one of both ends it.
    pub(super) fn accept(self: &Arc<Self>, user: UserId, session: SessionId, end: End) {
        self.links.lock().unwrap().push(Arc::downgrade(&end.link));
        let task = self.sim.spawn(serve(Arc::clone(self), user, session, end));
        self.tasks.lock().unwrap().push(task);
    }

    /// A room in which somebody is connected here and whose channel the node is not subscribed to.
    pub(super) fn deaf_to(&self) -> Option<RoomId> {
        let mut rooms = self.hub.delivery.active_rooms(None, usize::MAX).into_iter();
        rooms.find(|room| !self.port.is_subscribed(&self.hub.room_channel(*room)))
    }

    /// Nothing of a dead node goes on, and its connections are gone.
    pub(super) fn bury(&self) {
        for link in self.links.lock().unwrap().drain(..).filter_map(|link| link.upgrade()) {
            link.cut();
        }
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
    }

    /// Asks all connections to go elsewhere, as a node does that stops by plan.
    pub(super) fn drain(&self) {
        note!(self.sim, "node {} drains", self.life.number);
        for connection in self.chat.connections() {
            connection.send(&ServerFrame::GoAway { retry_after_ms: self.sim.chance.next() % 2_000 });
            connection.close(CloseCode::GoingAway);
        }
    }
}

/// A connection's life, as `socket` has it.
async fn serve(node: Arc<Node>, user: UserId, session: SessionId, end: End) {
    let is_calm = node.sim.is_calm();
    let (connection, mut client) = testing::connection_by(&node.writers, user, session, read_behavior(&node.sim));
    let mut dispatch = Dispatch::new(Arc::clone(&node.chat), Arc::clone(&connection), Arc::default());
    let End { mut sender, receiver, .. } = end;
    let mut incoming = Box::pin(unfold(receiver, async |mut receiver| {
        let message = match receiver.recv().await? {
            Said::Text(text) => Incoming::Text(text),
            Said::Ping | Said::Pong => Incoming::Control,
            Said::Close(_) => Incoming::Close,
        };
        Some((message, receiver))
    }));
    let code = tokio::select! {
        biased;
        code = socket::serve(&mut dispatch, &connection.outbound, &mut incoming) => code,
        never = forward(&node.sim, &mut client, &mut sender) => match never {},
    };
    node.chat.disconnect(&connection);
    // Flow control bounds what a device asks for, not what happens meanwhile.
    let is_quiet = node.sim.recently_published() < NARROW_QUEUE / 4;
    if code == Some(CloseCode::SlowConsumer) && is_calm && is_quiet {
        node.sim.fail("a device that reads as fast as its link allows was closed as too slow".into());
    }
    if let Some(code) = code {
        connection.outbound.finish(Instant::now() + socket::CLOSE_TIMEOUT).await;
        while let Some(text) = client.try_recv() {
            send(&node.sim, &mut sender, text);
        }
        sender.send(Said::Close(code.code()));
    }
}

/// Sends what is written to a line over the socket.
async fn forward(sim: &Sim, client: &mut TestClient, sender: &mut Sender) -> Infallible {
    loop {
        let text = client.recv().await;
        send(sim, sender, text);
    }
}

/// A frame of ours has a text, and a ping has none.
fn send(sim: &Sim, sender: &mut Sender, text: String) {
    if text.is_empty() {
        return sender.send(Said::Ping);
    }
    for text in later::translate(sim, text) {
        sender.send(Said::Text(text));
    }
}

/// A device takes what comes, or stops in the middle of it: for a moment, or for longer than a node puts up with.
fn read_behavior(sim: &Arc<Sim>) -> ReadBehavior {
    let sim = Arc::clone(sim);
    let is_narrow = sim.plan.has(Fault::Narrow);
    Box::new(move |bytes| {
        if is_narrow {
            return (bytes.min(NARROW_WINDOW), Some(sim.chance.millis(1, 20)));
        }
        if !sim.strikes(Fault::Slow, 40) {
            return (bytes, None);
        }
        let full = sim.chance.millis(1, if sim.chance.one_in(4) { 40_000 } else { 500 });
        (sim.chance.below(bytes + 1), Some(full))
    })
}
