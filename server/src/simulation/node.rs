//! A node: the real rules, writer and hub on a simulated store and bus, and sockets served as `socket` serves them.

use super::gate::{Life, NodeGate};
use super::link::{End, Link, Said};
use super::plan::{Fault, Mutation};
use super::sim::{Sim, SimClock, note};
use super::wire::{Port, Wire};
use crate::chat::Chat;
use crate::hub::Hub;
use crate::line::testing::{self, Appetite};
use crate::line::{Flushers, Frame};
use crate::run::database::{check_opened, fill_holes, repair_after_gaps};
use crate::socket::dispatch::Dispatch;
use crate::socket::heartbeat::{Beat, Heartbeat};
use crate::store::model::{Model, Tables};
use protocol::{CloseCode, ServerFrame, SessionId, UserId};
use std::sync::{Arc, Mutex, Weak};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// One life of a node.
pub(super) struct Node {
    pub(super) chat: Arc<Chat>,
    pub(super) life: Arc<Life>,
    pub(super) port: Arc<Port>,
    sim: Arc<Sim>,
    flushers: Arc<Flushers>,
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
        let store = Arc::new(Model::new(Arc::clone(tables), Arc::new(NodeGate(Arc::clone(&life)))));
        let bus: Arc<Port> = Arc::clone(&port);
        let hub = Hub::new(bus, Arc::default());
        let chat = Chat::new(store, Arc::clone(&hub), Arc::new(SimClock::new(sim)), Arc::default());
        let gaps = Arc::new(Notify::new());
        if let Some(Mutation::Node(mechanism)) = sim.plan.mutation {
            chat.switch_off(mechanism);
        }
        let mut tasks = vec![sim.spawn(repair_after_gaps(Arc::clone(&chat), Arc::clone(&gaps)))];
        tasks.push(sim.spawn(fill_holes(Arc::clone(&chat))));
        tasks.push(sim.spawn(check_opened(Arc::clone(&chat))));
        tasks.push(sim.spawn(hub.listen(Arc::new(move || gaps.notify_one()))));
        let flushers = Arc::<Flushers>::default();
        tasks.push(sim.spawn(Arc::clone(&flushers).run()));
        let (links, tasks) = (Mutex::default(), Mutex::new(tasks));
        let node = Arc::new(Self { chat, life, port, sim: Arc::clone(sim), flushers, links, tasks });
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

async fn serve(node: Arc<Node>, user: UserId, session: SessionId, mut end: End) {
    let (connection, mut ear) = testing::connection_by(&node.flushers, user, session, appetite(&node.sim));
    let mut dispatch = Dispatch::new(Arc::clone(&node.chat), Arc::clone(&connection), Arc::default());
    let mut heartbeat = Heartbeat::start();
    let code = loop {
        tokio::select! {
            biased;
            code = connection.line.attend() => {
                connection.line.finish().await;
                while let Some(text) = ear.try_recv() {
                    end.send(said(text));
                }
                break code;
            }
            said = end.recv() => {
                match said {
                    Some(Said::Text(text)) => dispatch.frame(&text).await,
                    Some(Said::Ping | Said::Pong) => {}
                    Some(Said::Close(_)) | None => break None,
                }
                heartbeat.heard();
            }
            text = ear.recv() => end.send(said(text)),
            beat = heartbeat.beat() => match beat {
                Beat::Due => connection.line.send(Frame::beat()),
                Beat::Gone => break None,
            },
        }
    };
    node.chat.disconnect(&connection);
    if let Some(code) = code {
        end.send(Said::Close(code.code()));
    }
}

/// What was written, as it goes over a link. Only a ping is empty.
fn said(text: String) -> Said {
    if text.is_empty() { Said::Ping } else { Said::Text(text) }
}

/// A device takes what comes, or stops in the middle of it: for a moment, or for longer than a node puts up with.
fn appetite(sim: &Arc<Sim>) -> Appetite {
    let sim = Arc::clone(sim);
    Box::new(move |bytes| {
        if !sim.strikes(Fault::Slow, 40) {
            return (bytes, None);
        }
        let full = sim.chance.millis(1, if sim.chance.one_in(4) { 40_000 } else { 500 });
        (sim.chance.below(bytes + 1), Some(full))
    })
}
