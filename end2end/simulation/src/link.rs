//! A socket as both ends have it: texts in order, each some time under way. Nothing is lost but by cutting it, and then
//! everything from some point on is, in both directions. A link that goes silent holds back what is sent on it.

use super::plan::Fault;
use super::sim::{Sim, note};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

/// What goes over a socket.
pub(super) enum Said {
    Text(String),
    /// A WebSocket ping, and its answer, neither of which an engine sees.
    Ping,
    Pong,
    /// The end, with a close code.
    Close(u16),
}

/// What both ends share.
pub(super) struct Link {
    sim: Arc<Sim>,
    severed: AtomicBool,
    /// Whether each end has noticed that, and what wakes it then.
    noticed: [(AtomicBool, Notify); 2],
    /// Until when nothing arrives at each end, in virtual milliseconds; `u64::MAX`: never again.
    silent_until: [AtomicU64; 2],
}

/// One end: the device's (0) or the server's (1).
pub(super) struct End {
    pub(super) link: Arc<Link>,
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
}

/// The half of an end that sends.
pub(super) struct Sender {
    link: Arc<Link>,
    out: mpsc::UnboundedSender<(Instant, Said)>,
    /// When the last text arrives that was sent: none overtakes it.
    arrives: Instant,
}

/// The half of an end that receives.
pub(super) struct Receiver {
    link: Arc<Link>,
    side: usize,
    incoming: mpsc::UnboundedReceiver<(Instant, Said)>,
    /// Taken from `incoming`, still under way.
    next: Option<(Instant, Said)>,
}

/// The device's and the server's end of a new connection.
pub(super) fn open(sim: &Arc<Sim>) -> (End, End) {
    let severed = AtomicBool::new(false);
    let link = Link { sim: Arc::clone(sim), severed, noticed: Default::default(), silent_until: Default::default() };
    let link = Arc::new(link);
    let ((up, from_device), (down, from_server)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let end = |side, out, incoming| {
        let sender = Sender { link: Arc::clone(&link), out, arrives: Instant::now() };
        let receiver = Receiver { link: Arc::clone(&link), side, incoming, next: None };
        End { link: Arc::clone(&link), sender, receiver }
    };
    (end(0, up, from_server), end(1, down, from_device))
}

impl Link {
    /// The connection breaks. Both ends notice, at some time.
    pub(super) fn cut(self: &Arc<Self>) {
        if self.severed.swap(true, Ordering::Relaxed) {
            return;
        }
        for side in 0..2 {
            let link = Arc::clone(self);
            let unnoticed = self.sim.chance.millis(0, if self.sim.chance.one_in(3) { 9_000 } else { 300 });
            self.sim.spawn(async move {
                sleep(unnoticed).await;
                let (noticed, notify) = &link.noticed[side];
                noticed.store(true, Ordering::Relaxed);
                notify.notify_one();
            });
        }
    }

    /// Nothing arrives any more at one end or at both, for a while or for ever. As with TCP, what was sent meanwhile arrives
    /// after that.
    fn fall_silent(&self) {
        let chance = &self.sim.chance;
        let until = if chance.one_in(2) { u64::MAX } else { self.sim.now() + 1_000 + chance.next() % 90_000 };
        let sides = [&[0, 1][..], &[0], &[1]][chance.below(3)];
        note!(self.sim, "a link falls silent towards {sides:?} until {until}");
        for side in sides {
            self.silent_until[*side].store(until, Ordering::Relaxed);
        }
    }

    /// Waits until something may arrive at this end.
    async fn audible(&self, side: usize) {
        loop {
            match self.silent_until[side].load(Ordering::Relaxed) {
                u64::MAX => std::future::pending().await,
                until if until <= self.sim.now() => return,
                until => sleep_until(self.sim.at(until)).await,
            }
        }
    }

    async fn broken(&self, side: usize) {
        let (noticed, notify) = &self.noticed[side];
        while !noticed.load(Ordering::Relaxed) {
            notify.notified().await;
        }
    }

    fn is_severed(&self) -> bool {
        self.severed.load(Ordering::Relaxed)
    }
}

impl Sender {
    pub(super) fn send(&mut self, said: Said) {
        if self.link.sim.strikes(Fault::Cut, 60) {
            note!(self.link.sim, "a connection breaks");
            self.link.cut();
        }
        if self.link.sim.strikes(Fault::Silent, 60) {
            self.link.fall_silent();
        }
        self.arrives = self.arrives.max(Instant::now() + self.link.sim.latency());
        // Nobody may be there any more.
        let _ = self.out.send((self.arrives, said));
    }
}

impl Receiver {
    /// The next that arrives; nothing where the connection has ended without a word. Can be dropped and called again.
    pub(super) async fn recv(&mut self) -> Option<Said> {
        let link = Arc::clone(&self.link);
        tokio::select! {
            biased;
            () = link.broken(self.side) => None,
            said = self.arrival() => said,
        }
    }

    async fn arrival(&mut self) -> Option<Said> {
        if self.next.is_none() {
            self.next = self.incoming.recv().await;
        }
        if let Some((at, _)) = &self.next {
            sleep_until(*at).await;
        }
        self.link.audible(self.side).await;
        if self.link.is_severed() {
            std::future::pending::<()>().await;
        }
        self.next.take().map(|(_, said)| said)
    }
}
