//! The node: everything that lives as long as it does.

use crate::auth::Auth;
use crate::config::Http;
use crate::health::{Health, Readiness};
use crate::http::admission::Admission;
use crate::limits::Limits;
use crate::metrics::Metrics;
use chat::socket::Sockets;
use chat::{Budget, Chat, Hub};
use leptos::prelude::LeptosOptions;
use std::sync::Arc;
use tokio::sync::watch;

/// What a node consists of. Made once in `run`, shared by all requests as axum's state, gone with the node.
pub struct App {
    /// Rules about rooms and messages.
    pub(crate) chat: Arc<Chat>,
    /// Rules about accounts and sessions.
    pub(crate) auth: Auth,
    /// What all nodes count together.
    pub(crate) hub: Arc<Hub>,
    /// Who gets a WebSocket.
    pub(crate) admission: Admission,
    /// How many sockets each person has.
    pub(crate) sockets: Arc<Sockets>,
    /// How much one person may cost, on sockets and in requests together.
    pub(crate) budget: Arc<Budget>,
    /// How much one person or address may ask for that only HTTP has.
    pub(crate) limits: Arc<Limits>,
    /// What operators read.
    pub(crate) metrics: Arc<Metrics>,
    /// What the listener believes about the outside: its public URL, foreign origins.
    pub(crate) http: Http,
    /// Names and places of the page's files.
    pub(crate) site: LeptosOptions,
    /// Where the page's stylesheet is.
    pub(crate) stylesheet: String,
    /// What `/readyz` says.
    pub(crate) health: Arc<Health>,
    /// Whether the node can serve, and the reason where it cannot; written by `run`.
    pub(crate) readiness: watch::Receiver<Readiness>,
}
