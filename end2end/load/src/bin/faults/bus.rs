//! A proxy between the nodes and Redis that can lose, double and reorder what is published.
//!
//! Only what Redis sends to subscribers is touched, message by message: every node sees other faults. Answers to
//! commands pass as they are.

mod fate;
mod resp;

use fate::Fate;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use testbed::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Whatever was held back leaves after this without anything else being published.
const HELD: Duration = Duration::from_millis(100);

/// What happened on all connections together.
#[derive(Default)]
struct Counts {
    misbehaves: AtomicBool,
    published: AtomicUsize,
    lost: AtomicUsize,
    doubled: AtomicUsize,
    reordered: AtomicUsize,
}

/// See the module's documentation. Ends when it is dropped.
pub(crate) struct Bus {
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Bus {
    /// Stands in front of this Redis, and is honest at first.
    pub(crate) async fn start(redis: SocketAddr, seed: u64) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let task = tokio::spawn(accept(listener, redis, Arc::clone(&counts), fastrand::Rng::with_seed(seed)));
        Ok(Self { address, counts, task })
    }

    pub(crate) fn misbehave(&self) {
        self.counts.misbehaves.store(true, Ordering::Relaxed);
    }

    pub(crate) fn tally(&self) -> String {
        let [published, lost, doubled, reordered] =
            [&self.counts.published, &self.counts.lost, &self.counts.doubled, &self.counts.reordered]
                .map(|count| count.load(Ordering::Relaxed));
        format!("of {published} messages to nodes {lost} were lost, {doubled} doubled, {reordered} reordered")
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, redis: SocketAddr, counts: Arc<Counts>, mut random: fastrand::Rng) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((node, _)) = listener.accept().await {
        let (counts, random) = (Arc::clone(&counts), random.fork());
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(redis).await else { return };
            let (mut from_node, to_node) = node.into_split();
            let (from_server, mut to_server) = server.into_split();
            tokio::select! {
                _ = copy(&mut from_node, &mut to_server) => {}
                _ = pass(from_server, to_node, &counts, random) => {}
            }
        });
    }
}

/// Hands on what Redis says, one value after the other, until either side ends.
async fn pass(
    mut server: OwnedReadHalf,
    mut node: OwnedWriteHalf,
    counts: &Counts,
    random: fastrand::Rng,
) -> std::io::Result<()> {
    let mut fate = Fate::new(random);
    let (mut unread, mut out) = (Vec::new(), Vec::new());
    loop {
        let read = tokio::select! {
            read = server.read_buf(&mut unread) => read?,
            () = tokio::time::sleep(HELD), if fate.holds() => {
                fate.release(&mut out);
                1
            }
        };
        if read == 0 {
            return Ok(());
        }
        let mut done = 0;
        while let Some(length) = resp::length(&unread[done..]) {
            let value = &unread[done..done + length];
            done += length;
            if !resp::is_published(value) {
                out.extend_from_slice(value);
                continue;
            }
            counts.published.fetch_add(1, Ordering::Relaxed);
            if counts.misbehaves.load(Ordering::Relaxed) {
                fate.strike(value, counts, &mut out);
            } else {
                out.extend_from_slice(value);
            }
        }
        unread.drain(..done);
        node.write_all(&out).await?;
        out.clear();
    }
}
