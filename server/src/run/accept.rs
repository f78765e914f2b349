//! The listener: one task a connection, with a bound on how long a request's head may take and on how many connections
//! there are. axum's own loop has neither, so that who sends one byte a minute could hold a place for ever.

use crate::line::{Flushers, Stream};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::Service;

/// How long the head of a request may take, the first one included; also how long a connection may idle between two.
pub(crate) const HEAD: Duration = Duration::from_secs(10);
/// Connections beside the WebSockets: pages, files, requests.
pub(crate) const OTHERS: usize = 1_024;
/// How long to wait before accepting again where the process has no descriptor left.
const FULL: Duration = Duration::from_millis(100);

/// Where a request comes from, as the listener sees it: the nearest proxy, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Serves until `stopping`; then requests that are under way have `patience` to end. WebSockets are not waited for.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    flushers: Arc<Flushers>,
    max_sockets: usize,
    mut stopping: watch::Receiver<bool>,
    patience: Duration,
) {
    let most = u32::try_from(max_sockets.saturating_add(OTHERS)).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(most as usize));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).pipeline_flush(true);
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
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(FULL).await;
                continue;
            }
        };
        // Small frames must not wait for each other.
        let _ = stream.set_nodelay(true);
        let stream = Stream::new(stream, Arc::clone(&flushers));
        let (router, line) = (router.clone(), Arc::clone(stream.line()));
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(Arc::clone(&line));
            let answer = router.clone().call(request);
            async move { answer.await.map_err(|never: Infallible| match never {}) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut stopping = stopping.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = begun(&mut stopping) => {
                    // The request that is under way is the last one.
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // Browsers break connections whenever they like.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(patience, places.acquire_many(most)).await;
}

/// Completes when stopping has begun.
async fn begun(stopping: &mut watch::Receiver<bool>) {
    // An error means that the node has ended already.
    let _ = stopping.wait_for(|stop| *stop).await;
}
