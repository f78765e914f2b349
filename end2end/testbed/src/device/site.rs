//! Where devices connect to: the nodes of a cluster, all equal, and the one pool of HTTP connections to them.

use client::HistoryRequest;
use protocol::{ApiError, ErrorBody, ErrorCode, HistoryPage, RoomId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a page of history may take. The engine counts it as lost a little later.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Shared by all devices of a run.
pub struct Site {
    nodes: Arc<[SocketAddr]>,
    http: reqwest::Client,
    /// Where the devices' monotonic clocks begin.
    begun: Instant,
}

impl Site {
    /// A site of these nodes; there must be one at least.
    ///
    /// # Errors
    /// Where there is no node, or the HTTP client cannot be made.
    pub fn new(nodes: Vec<SocketAddr>) -> Result<Self, crate::Error> {
        if nodes.is_empty() {
            return Err("a site needs a node".into());
        }
        let http = reqwest::Client::builder().timeout(PAGE_TIMEOUT).build()?;
        Ok(Self { nodes: nodes.into(), http, begun: Instant::now() })
    }

    /// All nodes, from the one with this number, counted round and round.
    pub(super) fn nodes(&self, first: usize) -> impl Iterator<Item = SocketAddr> + use<> {
        let count = self.nodes.len();
        let nodes = Arc::clone(&self.nodes);
        (0..count).map(move |place| nodes[(first % count + place) % count])
    }

    /// Milliseconds that only grow.
    pub(super) fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The moment that the clock of the devices calls `ms`.
    pub(super) fn moment(&self, ms: u64) -> tokio::time::Instant {
        // An engine that waits for ever asks for a moment that no clock can name.
        let far = self.begun + Duration::from_secs(60 * 60 * 24);
        self.begun.checked_add(Duration::from_millis(ms)).unwrap_or(far).into()
    }

    /// A page of history from this node. Whatever keeps it from answering is an error that passes.
    pub(super) async fn page(
        &self,
        node: SocketAddr,
        token: &str,
        room: RoomId,
        request: HistoryRequest,
    ) -> Result<HistoryPage, ApiError> {
        let query = match request {
            HistoryRequest::Newest => String::new(),
            HistoryRequest::Before(seq) => format!("?cursor={seq}"),
        };
        let away =
            |error: reqwest::Error| ApiError { code: ErrorCode::Unavailable, message: format!("no page: {error}") };
        let url = format!("http://{node}/api/messages/room/{room}{query}");
        let answer = self.http.get(url).bearer_auth(token).send().await.map_err(away)?;
        if answer.status().is_success() {
            return answer.json().await.map_err(away);
        }
        Err(answer.json::<ErrorBody>().await.map_err(away)?.error)
    }
}
