//! What `/readyz` says. A node is ready once the database is up to date, until it stops, while it can store messages.
//!
//! Whether the database and the bus answer is reported and does not decide: they are the same for all nodes, so that a balancer
//! would take all of them out at once. Both are asked once a second by the node itself, never by a request.

use crate::metrics::Metrics;
use chat::{Chat, Hub};
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::time::sleep;

/// Whether a node can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It waits for something; this is the reason.
    NotYet(String),
    Ready,
    /// It is stopping: a load balancer should not send it new connections.
    Draining,
}

/// How often the database and the bus are asked whether they answer.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a service answered when it was asked last; else the reason why not.
struct Answered(Mutex<Result<(), String>>);

impl Default for Answered {
    fn default() -> Self {
        Self(Mutex::new(Err("not asked yet".into())))
    }
}

impl Answered {
    fn set(&self, answer: Result<(), String>) {
        *self.0.lock() = answer;
    }

    fn get(&self) -> Result<(), String> {
        self.0.lock().clone()
    }
}

/// See the module's documentation.
pub(crate) struct Health {
    readiness: watch::Receiver<Readiness>,
    chat: Arc<Chat>,
    database: Answered,
    bus: Answered,
}

/// The body of `/readyz`.
#[derive(Serialize)]
pub(crate) struct Report {
    status: &'static str,
    /// Why the node is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    database: &'static str,
    bus: &'static str,
    /// What was wrong when they were asked. It may name hosts and users: for the private listener only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl Report {
    pub(crate) const fn is_ready(&self) -> bool {
        self.reason.is_none()
    }
}

impl Health {
    pub(crate) fn new(readiness: watch::Receiver<Readiness>, chat: Arc<Chat>) -> Self {
        Self { readiness, chat, database: Answered::default(), bus: Answered::default() }
    }

    /// For everybody: without the reasons.
    pub(crate) fn report(&self) -> Report {
        Report { reasons: Vec::new(), ..self.private_report() }
    }

    /// For operators.
    pub(crate) fn private_report(&self) -> Report {
        let (readiness, database, bus) = (self.readiness.borrow().clone(), self.database.get(), self.bus.get());
        let reason = match &readiness {
            Readiness::NotYet(_) => Some("the database is not up to date yet"),
            Readiness::Draining => Some("this node is stopping"),
            Readiness::Ready if !self.chat.is_storing() => Some("this node cannot store messages any more"),
            Readiness::Ready => None,
        };
        let word = |answer: &Result<(), String>| if answer.is_ok() { "up" } else { "down" };
        let status = if reason.is_none() { "ready" } else { "unavailable" };
        let (of_database, of_bus) = (word(&database), word(&bus));
        let not_yet = match readiness {
            Readiness::NotYet(reason) => Some(reason),
            Readiness::Ready | Readiness::Draining => None,
        };
        let reasons = not_yet.into_iter().chain(database.err()).chain(bus.err()).collect();
        Report { status, reason, database: of_database, bus: of_bus, reasons }
    }
}

/// Asks the database again and again.
pub(super) async fn watch_database(health: Arc<Health>, store: Arc<dyn Store>, metrics: Arc<Metrics>) {
    loop {
        let answer = store.ping().await.map_err(|error| error.to_string());
        metrics.database_up.set(i64::from(answer.is_ok()));
        health.database.set(answer);
        sleep(CHECK_INTERVAL).await;
    }
}

/// Asks the bus again and again. Also needed by the bus itself: a connection on which nobody says anything may have died
/// without this node noticing, and shows that by not answering.
pub(super) async fn watch_bus(health: Arc<Health>, hub: Arc<Hub>, metrics: Arc<Metrics>) {
    loop {
        let answer = hub.ping().await;
        if let Err(reason) = &answer {
            tracing::debug!(reason, "the bus does not answer");
        }
        metrics.bus_up.set(i64::from(answer.is_ok()));
        health.bus.set(answer);
        sleep(CHECK_INTERVAL).await;
    }
}
