//! The listener: one task per connection, with timeouts for clients that send or read nothing and a bound on the number of
//! connections. `axum::serve` has neither: a client that sends one byte a minute would hold a connection for ever.

pub(crate) mod quota;
pub(crate) mod slow;

pub(crate) use quota::CountedConnection;
pub(crate) use slow::SlowBody;

use crate::limits::Block;
use crate::metrics::Metrics;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use chat::outbound::{UpgradableStream, WriterPool};
use futures_util::FutureExt;
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use quota::ConnectionQuota;
use slow::{TimedBody, TimedStream};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tower::Service;

/// How long the head of a request may take, the first one included; also how long a connection may idle between two.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head, per connection. Above it the client gets 431.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;
/// Connections beside `MAX_CONNECTIONS`, per node: pages, files, requests. Above the sum nobody is accepted.
pub(crate) const OTHER_CONNECTIONS: usize = 512;
/// How long a connection that the quota closes may take to write the rest of a response.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait before accepting again where the process has no descriptor left.
const FULL_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// One of the connections that the node accepts at a time, until the last clone is dropped: HTTP's, then the WebSocket's.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSlot {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// What all connections share.
struct Acceptor {
    router: Router,
    http: http1::Builder,
    writers: Arc<WriterPool>,
    /// Counts connections by client. None behind proxies, which have those of many.
    quota: Option<Arc<ConnectionQuota>>,
    stopping: watch::Receiver<bool>,
}

/// Serves until `stopping`; then requests that are under way have `timeout` to end. WebSockets are not waited for.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    writers: Arc<WriterPool>,
    config: Limits,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
    timeout: Duration,
) {
    let most = config.max_sockets.saturating_add(OTHER_CONNECTIONS).min(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(most));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES).pipeline_flush(true);
    let quota = config.is_counted.then(|| Arc::new(ConnectionQuota::new(most)));
    let acceptor = Arc::new(Acceptor { router, http, writers, quota, stopping: stopping.clone() });
    // Each connection holds the sender until its last request has been answered.
    let (busy, mut idle) = mpsc::channel::<Infallible>(1);
    loop {
        // Above the bound no connection is accepted: it waits in the system's backlog, and beyond that is refused.
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
            Some((listener.accept().await, slot))
        };
        let (accepted, slot) = tokio::select! {
            () = stop_requested(&mut stopping) => break,
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
        };
        match accepted {
            Ok((stream, peer)) => {
                let (acceptor, busy) = (Arc::clone(&acceptor), busy.clone());
                let metrics = Arc::clone(&metrics);
                tokio::spawn(async move {
                    let connection = acceptor.connection(stream, peer, ConnectionSlot { _permit: Arc::new(slot) });
                    // Only this connection ends; others are not concerned.
                    if let Err(panic) = AssertUnwindSafe(connection).catch_unwind().await {
                        metrics.chat.panics.inc();
                        tracing::error!(%peer, reason = panicked(&*panic), "a connection's task panicked");
                    }
                    drop(busy);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(FULL_RETRY_INTERVAL).await;
            }
        }
    }
    drop((listener, busy));
    let _ = tokio::time::timeout(timeout, idle.recv()).await;
}

/// The listener's bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// `MAX_CONNECTIONS`
    pub(super) max_sockets: usize,
    /// Whether the addresses that connect are those of clients.
    pub(super) is_counted: bool,
}

impl Acceptor {
    /// Serves one connection until it closes or is upgraded to a WebSocket.
    async fn connection(&self, stream: TcpStream, peer: SocketAddr, slot: ConnectionSlot) {
        let counted = match &self.quota {
            Some(quota) => quota.admit(Block::largest(peer.ip())),
            None => Some(CountedConnection::uncounted()),
        };
        let Some(counted) = counted.map(Arc::new) else { return };
        // Small frames must not wait for each other.
        let _ = stream.set_nodelay(true);
        let stream = UpgradableStream::new(stream, Arc::clone(&self.writers));
        let (router, outbound, of_requests) =
            (self.router.clone(), Arc::clone(stream.outbound()), Arc::clone(&counted));
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            of_requests.request_started();
            let mut request: Request = request.map(|body| Body::new(TimedBody::new(body)));
            let extensions = request.extensions_mut();
            extensions.insert(ConnectInfo(peer));
            extensions.insert(Arc::clone(&outbound));
            extensions.insert(Arc::clone(&of_requests));
            extensions.insert(slot.clone());
            let (answer, of_requests) = (router.clone().call(request), Arc::clone(&of_requests));
            async move {
                let answer: Result<Response, Infallible> = answer.await;
                answer.map(|answer| answer.map(|body| CountedBody { body, counted: of_requests }))
            }
        });
        let stream = TokioIo::new(TimedStream::new(stream));
        let mut connection = pin!(self.http.serve_connection(stream, service).with_upgrades());
        let mut stopping = self.stopping.clone();
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stop_requested(&mut stopping) => {
                // The request that is under way is the last one.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = closed_by_quota(&counted) => {
                // It serves no request; the end of a response may still be in the socket's buffer.
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await.unwrap_or(Ok(()))
            }
        };
        counted.release();
        // Browsers break connections whenever they like.
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// The body of a response. When it ends, its connection serves no request.
struct CountedBody {
    body: Body,
    counted: Arc<CountedConnection>,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for CountedBody {
    fn drop(&mut self) {
        self.counted.response_ended();
    }
}

/// Completes when the quota closes the connection: for a newer one, or because its client has too many once it counts.
async fn closed_by_quota(counted: &CountedConnection) {
    tokio::time::sleep(quota::GRACE_PERIOD).await;
    if counted.start_counting() {
        counted.eviction().await;
    }
}

/// Completes when stopping has begun.
async fn stop_requested(stopping: &mut watch::Receiver<bool>) {
    // An error means that the node has ended already.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// The message of a panic.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
