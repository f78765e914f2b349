//! A TCP proxy in front of a node: cuts what goes through it, refuses for a while, or lets it through slowly and late.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use testbed::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Bytes in one read, and about how many are under way in all where it is slow.
const PIECE: usize = 4_096;
/// Pieces that are under way.
const PIECES: usize = 4;
/// Receive buffer towards the node: what does not fit waits in the node.
const BUFFER: u32 = 16 * 1024;

#[derive(Default)]
struct State {
    is_cut: AtomicBool,
    /// Bytes a second from the node to the client; 0 is no limit.
    rate: AtomicU32,
    delay_ms: AtomicU64,
    accepted: AtomicUsize,
}

/// See the module's documentation. Ends with this.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    /// Tells connections to end.
    cut: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(node: SocketAddr) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let (cut, cuts) = watch::channel(0);
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                let (state, mut cuts) = (Arc::clone(&shared), cuts.clone());
                cuts.borrow_and_update();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cuts.changed() => {}
                        _ = pass(client, node, &state) => {}
                    }
                });
            }
        });
        Ok(Self { address, state, cut, task })
    }

    /// Ends every connection, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Accepts again.
    pub(crate) fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }

    /// For new connections: so many bytes a second from the node, each this late.
    pub(crate) fn throttle(&self, bytes_per_second: u32, delay: Duration) {
        self.state.rate.store(bytes_per_second, Ordering::SeqCst);
        self.state.delay_ms.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn pass(client: TcpStream, node: SocketAddr, state: &State) -> std::io::Result<()> {
    let rate = state.rate.load(Ordering::SeqCst);
    let delay = Duration::from_millis(state.delay_ms.load(Ordering::SeqCst));
    let socket = TcpSocket::new_v4()?;
    if rate > 0 {
        socket.set_recv_buffer_size(BUFFER)?;
    }
    let node = socket.connect(node).await?;
    client.set_nodelay(true)?;
    node.set_nodelay(true)?;
    let ((from_client, to_client), (from_node, to_node)) = (client.into_split(), node.into_split());
    tokio::select! {
        done = carry(from_client, to_node, 0, delay) => done,
        done = carry(from_node, to_client, rate, delay) => done,
    }
}

/// One direction, until it ends.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    rate: u32,
    delay: Duration,
) -> std::io::Result<()> {
    let (sender, mut late) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let reading = async {
        let mut free_at = Instant::now();
        let mut piece = vec![0; PIECE];
        loop {
            let count = from.read(&mut piece).await?;
            if count == 0 {
                return Ok::<_, std::io::Error>(());
            }
            if rate > 0 {
                free_at = free_at.max(Instant::now()) + Duration::from_secs_f64(count as f64 / f64::from(rate));
                sleep_until(free_at).await;
            }
            if sender.send((Instant::now() + delay, piece[..count].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    };
    let writing = async {
        while let Some((at, piece)) = late.recv().await {
            sleep_until(at).await;
            to.write_all(&piece).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    tokio::select! {
        done = reading => done,
        done = writing => done,
    }
}
