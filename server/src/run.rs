//! A node's life: put together, serve, stop. The only way to start one, for `main` and for tests alike.

pub(crate) mod database;
mod drain;

use crate::auth::Auth;
use crate::bus::{Bus, memory::Exchange, redis::RedisBus};
use crate::chat::Chat;
use crate::clock::SystemClock;
use crate::hub::Hub;
use crate::{App, Config, router, site, store};
use axum::serve::ListenerExt;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Whether a node can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It waits for something; this is the reason.
    NotYet(String),
    Ready,
    /// It was told to stop and takes no new connections from a balancer.
    Draining,
}

/// Why a node could not start or had to end. Each is a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Site(String),
    #[error("{0}")]
    Store(String),
    #[error("{0}")]
    Bus(String),
    #[error("the listener failed: {0}")]
    Serve(#[from] std::io::Error),
}

/// Serves on `listener` until `shutdown` completes, then drains. Returns once everything that the node started has ended.
///
/// # Errors
/// Says what cannot be used as configured. A database or Redis that is away is no error: the node answers 503 and keeps trying.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    // Leptos keeps this one for the process; an error says that an earlier node of this process has set it.
    let _ = any_spawner::Executor::init_tokio();
    let _lock = database::lock(&config.store)?;
    let site = site::options(&config.site).map_err(RunError::Site)?;
    let store = store::open(&config.store.url, config.store.pool).map_err(|e| RunError::Store(e.to_string()))?;
    let hub = Hub::new(bus(&config)?);
    let chat = Chat::new(Arc::clone(&store), Arc::clone(&hub), Arc::new(SystemClock));
    let auth = Auth::new(Arc::clone(&store), Arc::clone(&chat), config.auth);
    let (ready, readiness) = watch::channel(Readiness::NotYet("the database is being opened".into()));
    let app = Arc::new(App { chat: Arc::clone(&chat), auth, http: config.http, site, readiness });

    let mut tasks = tokio::task::JoinSet::new();
    let gaps = Arc::new(tokio::sync::Notify::new());
    tasks.spawn(database::repair_after_gaps(Arc::clone(&chat), Arc::clone(&gaps)));
    tasks.spawn(database::fill_holes(Arc::clone(&chat)));
    tasks.spawn(database::check_opened(Arc::clone(&chat)));
    tasks.spawn(Arc::clone(&hub).listen(Arc::new(move || gaps.notify_one())));
    let fatal = database::prepare(store, ready.clone());
    let (stop, stopping) = watch::channel(false);
    let service = router::router(Arc::clone(&app));
    // Small frames must not wait for each other.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = axum::serve(listener, service).with_graceful_shutdown(drain::until(stopping));
    let server = tokio::spawn(server.into_future());
    let ended = tokio::select! {
        error = fatal => Err(error),
        () = shutdown => Ok(()),
    };
    ready.send_replace(Readiness::Draining);
    drain::connections(&chat, app.http.drain).await;
    stop.send_replace(true);
    let served = tokio::time::timeout(drain::REQUESTS, server).await;
    tasks.shutdown().await;
    ended?;
    match served {
        Ok(Ok(Err(error))) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Brings the database up to date and returns.
///
/// # Errors
/// As [`run`]; here a database that is away is one.
pub async fn migrate(config: &Config) -> Result<(), RunError> {
    let _lock = database::lock(&config.store)?;
    let fail = |error: store::Error| RunError::Store(error.to_string());
    store::open(&config.store.url, config.store.pool).map_err(fail)?.migrate().await.map_err(fail)
}

fn bus(config: &Config) -> Result<Arc<dyn Bus>, RunError> {
    match &config.redis_url {
        Some(url) => Ok(Arc::new(RedisBus::start(url).map_err(RunError::Bus)?)),
        None => {
            if !config.store.is_embedded() {
                tracing::warn!("REDIS_URL is not set: this must be the only node on its database");
            }
            Ok(Arc::new(Exchange::default().bus()))
        }
    }
}
