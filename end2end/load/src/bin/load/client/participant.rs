//! The task of one connection: opens it, again and again, says hello, sends what is due and notes what comes.

use super::delivery_log::DeliveryLog;
use super::{link, micros};
use crate::body;
use crate::pipe::Participant;
use crate::target::{Received, Target, Visitor};
use futures_util::{SinkExt, StreamExt};
use protocol::RoomId;
use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

/// After a connection that could not be opened.
const RETRY: Duration = Duration::from_millis(50);

/// What all connections of a client process share, on its one thread.
pub(super) struct Shared {
    pub(super) target: Target,
    pub(super) nodes: Vec<SocketAddr>,
    pub(super) source: Ipv4Addr,
    pub(super) salt: u64,
    /// Characters of a message.
    pub(super) length: usize,
    /// Where the client's clock begins.
    pub(super) clock: Instant,
    pub(super) pace: Pace,
    pub(super) delivery_log: RefCell<DeliveryLog>,
}

impl Shared {
    pub(super) fn now(&self) -> u64 {
        micros(self.clock.elapsed())
    }

    /// The frame that sends a message.
    fn message(&self, room: RoomId, number: u32, due: u64) -> String {
        self.target.send(room, self.salt, number, &body::write(number, due, self.length))
    }
}

/// Lets so many connections a second be opened.
pub(super) struct Pace {
    every: Duration,
    next: Cell<tokio::time::Instant>,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let every = Duration::from_secs(1) / per_second.max(1);
        Self { every, next: Cell::new(tokio::time::Instant::now()) }
    }

    pub(super) async fn turn(&self) {
        let at = self.next.get().max(tokio::time::Instant::now());
        self.next.set(at + self.every);
        tokio::time::sleep_until(at).await;
    }
}

/// Who a connection belongs to.
struct Place {
    view: usize,
    room: RoomId,
    participant: Participant,
}

/// Until the process ends.
pub(super) async fn stay(
    shared: Rc<Shared>,
    view: usize,
    room: RoomId,
    participant: Participant,
    mut turns: mpsc::UnboundedReceiver<u32>,
) {
    let mut node = participant.node;
    let place = Place { view, room, participant };
    // Without an answer yet: sent again on the next connection, as engines do.
    let mut unanswered = Vec::new();
    // Who shared a node does not go to the same one after it.
    let mut step = 1 + view % shared.nodes.len().saturating_sub(1).max(1);
    loop {
        shared.pace.turn().await;
        let visitor = Visitor { user: place.participant.user, room, token: &place.participant.token };
        let (address, bearer) = shared.target.address(shared.nodes[node], &visitor);
        match link::open(shared.nodes[node], shared.source, address, bearer).await {
            Ok(mut socket) => {
                // How a connection ended makes no difference: it is opened again.
                let _ = serve(&shared, &place, &mut socket, &mut turns, &mut unanswered).await;
                shared.delivery_log.borrow_mut().closed(view);
            }
            Err(_) => sleep(RETRY).await,
        }
        node = (node + std::mem::replace(&mut step, 1)) % shared.nodes.len();
    }
}

async fn serve(
    shared: &Shared,
    place: &Place,
    socket: &mut link::Socket,
    turns: &mut mpsc::UnboundedReceiver<u32>,
    unanswered: &mut Vec<u32>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let held = shared.delivery_log.borrow_mut().held(place.view);
    if let Some(hello) = shared.target.hello(place.room, held) {
        socket.send(Message::text(hello)).await?;
    }
    let mut is_welcome = false;
    loop {
        if place.participant.is_slow && shared.delivery_log.borrow().is_deaf(place.view) {
            // The connection stays open, and nobody reads it any more.
            return std::future::pending().await;
        }
        let answer = tokio::select! {
            biased;
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let heard = shared.target.read(text.as_str());
                    match heard {
                        Received::Welcome { .. } => {
                            is_welcome = true;
                            for number in unanswered.iter() {
                                let due = shared.delivery_log.borrow().due(*number);
                                let again = shared.message(place.room, *number, due);
                                socket.feed(Message::text(again)).await?;
                            }
                            socket.flush().await?;
                        }
                        Received::Ack(number) | Received::Nack(number) => unanswered.retain(|one| *one != number),
                        _ => {}
                    }
                    answer(shared, place, &heard)
                }
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => None,
                Some(Err(error)) => return Err(error),
            },
            Some(number) = turns.recv(), if is_welcome => {
                unanswered.push(number);
                let due = shared.delivery_log.borrow_mut().handed_over(number, place.view, shared.now());
                Some(shared.message(place.room, number, due))
            }
        };
        if let Some(answer) = answer {
            socket.send(Message::text(answer)).await?;
        }
    }
}

/// Notes what was heard, and says what is to be said.
fn answer(shared: &Shared, place: &Place, heard: &Received) -> Option<String> {
    if let Received::Answer(text) = heard {
        return Some((*text).to_owned());
    }
    let from = shared.delivery_log.borrow_mut().record(place.view, heard, shared.now())?;
    shared.target.more(place.room, from)
}
