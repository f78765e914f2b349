//! The listener: one task a connection, with a bound on how long a client may send or take nothing and on how many
//! connections there are. axum's own loop has neither, so that who sends one byte a minute could hold a place for ever.

pub(crate) mod quota;
pub(crate) mod slow;

pub(crate) use quota::Visit;
pub(crate) use slow::SlowBody;

use crate::limits::Block;
use crate::metrics::Metrics;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
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
/// How long a connection that has to make room may take to write the rest of an answer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait before accepting again where the process has no descriptor left.
const FULL_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Where a request comes from, as the listener sees it: the nearest proxy, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A connection's place among all of the node, for as long as any copy of it lives: HTTP's, and then the WebSocket's.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// What all connections share.
struct Door {
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
    let places = Arc::new(Semaphore::new(most));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES).pipeline_flush(true);
    let quota = config.is_counted.then(|| Arc::new(ConnectionQuota::new(most)));
    let door = Arc::new(Door { router, http, writers, quota, stopping: stopping.clone() });
    // Each connection holds the sender until its last request has been answered.
    let (busy, mut idle) = mpsc::channel::<Infallible>(1);
    loop {
        // Above the bound nobody is accepted: the system lets them wait, and then refuses them.
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            () = begun(&mut stopping) => break,
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
        };
        match accepted {
            Ok((stream, peer)) => {
                let (door, busy) = (Arc::clone(&door), busy.clone());
                let metrics = Arc::clone(&metrics);
                tokio::spawn(async move {
                    let connection = door.connection(stream, peer, Place { _permit: Arc::new(place) });
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

/// What the listener has to keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// `MAX_CONNECTIONS`
    pub(super) max_sockets: usize,
    /// Whether the addresses that connect are those of clients.
    pub(super) is_counted: bool,
}

impl Door {
    /// A connection as long as it is HTTP's.
    async fn connection(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        let visit = match &self.quota {
            Some(quota) => quota.enter(Block::largest(peer.ip())),
            None => Some(Visit::of_proxy()),
        };
        let Some(visit) = visit.map(Arc::new) else { return };
        // Small frames must not wait for each other.
        let _ = stream.set_nodelay(true);
        let stream = UpgradableStream::new(stream, Arc::clone(&self.writers));
        let (router, outbound, guest) = (self.router.clone(), Arc::clone(stream.outbound()), Arc::clone(&visit));
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            guest.begin();
            let mut request: Request = request.map(|body| Body::new(TimedBody::new(body)));
            let extensions = request.extensions_mut();
            extensions.insert(Peer(peer));
            extensions.insert(Arc::clone(&outbound));
            extensions.insert(Arc::clone(&guest));
            extensions.insert(place.clone());
            let (answer, guest) = (router.clone().call(request), Arc::clone(&guest));
            async move {
                let answer: Result<Response, Infallible> = answer.await;
                answer.map(|answer| answer.map(|body| Answer { body, visit: guest }))
            }
        });
        let stream = TokioIo::new(TimedStream::new(stream));
        let mut connection = pin!(self.http.serve_connection(stream, service).with_upgrades());
        let mut stopping = self.stopping.clone();
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = begun(&mut stopping) => {
                // The request that is under way is the last one.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = crowded_out(&visit) => {
                // It serves no request; the end of an answer may still be under way.
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await.unwrap_or(Ok(()))
            }
        };
        visit.leave();
        // Browsers break connections whenever they like.
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// An answer's body. When it ends, its connection is between two requests.
struct Answer {
    body: Body,
    visit: Arc<Visit>,
}

impl HttpBody for Answer {
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

impl Drop for Answer {
    fn drop(&mut self) {
        self.visit.rest();
    }
}

/// Completes where the connection has to make room, or where there is none for it once it counts.
async fn crowded_out(visit: &Visit) {
    tokio::time::sleep(quota::GRACE_PERIOD).await;
    if visit.settle() {
        visit.ended().await;
    }
}

/// Completes when stopping has begun.
async fn begun(stopping: &mut watch::Receiver<bool>) {
    // An error means that the node has ended already.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// The message of a panic.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
