//! Starts a node, serves, and stops it. Invariant: the only way to start one, for `main` and for tests.

pub(crate) mod database;
pub(crate) mod descriptors;
pub(crate) mod drain;
mod private_listener;
mod tasks;
mod timed;

use crate::auth::{Auth, Caches, SessionCache, SettingsCache};
use crate::health::{Health, Readiness};
use crate::http::admission::Admission;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::{App, Config, accept, health, router, site};
use chat::budget::{Budget, Rates};
use chat::bus::{Bus, memory::Exchange, redis::RedisBus};
use chat::clock::SystemClock;
use chat::hub::{Invalidation, Keys};
use chat::outbound::WriterPool;
use chat::{Chat, Hub, background};
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tasks::Tasks;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use database::lock;

/// How often idle rate limits and expired sessions are evicted.
pub(crate) const EVICT_INTERVAL: Duration = Duration::from_secs(60);

/// Why a node could not start or had to end, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Site(String),
    #[error("{0}")]
    Store(String),
    #[error("{0}")]
    Bus(String),
    #[error("{0}")]
    Metrics(String),
    /// A task that the node cannot do without has ended.
    #[error("{0}")]
    Task(String),
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
    descriptors::provide(config.limits.max_connections);
    let metrics = Arc::new(Metrics::default());
    let private = private_listener(config.http.metrics).await?;
    let store = store::open_watched(&config.store.url, config.store.pool, metrics.pool_wait.clone());
    let store = store.map_err(|error| RunError::Store(error.to_string()))?;
    let hub = Hub::new(open_bus(&config)?, Keys::new(config.auth.secrets.verifying()), Arc::clone(&metrics.chat));
    let chat = Chat::new(Arc::clone(&store), Arc::clone(&hub), Arc::new(SystemClock), Arc::clone(&metrics.chat));
    let caches = Caches::default();
    let auth = Auth::new(Arc::clone(&store), Arc::clone(&chat), caches.clone(), config.auth);
    let (ready, readiness) = watch::channel(Readiness::NotYet("the database is being opened".into()));
    let health = Arc::new(Health::new(readiness.clone(), Arc::clone(&chat)));
    let drain = config.http.drain;
    // The system may have chosen the port.
    let base_url = config.http.base_url(listener.local_addr().unwrap_or(config.http.listen));
    let listener_limits =
        accept::Limits { max_sockets: config.limits.max_connections as usize, is_counted: config.http.proxy_hops == 0 };
    let app = Arc::new(App {
        chat: Arc::clone(&chat),
        auth,
        hub: Arc::clone(&hub),
        admission: Admission::new(&config.limits, Arc::clone(&metrics)),
        sockets: Arc::default(),
        budget: Arc::new(Budget::new(rates(&config.limits), Arc::clone(&metrics.chat))),
        limits: Arc::new(Limits::new(&config.limits, Arc::clone(&metrics))),
        metrics: Arc::clone(&metrics),
        http: config.http,
        stylesheet: site::stylesheet(&site),
        site,
        health: Arc::clone(&health),
        readiness,
    });

    let writers = Arc::<WriterPool>::default();
    let mut tasks = background_tasks(&app, &store, caches, &writers);
    if let Some(private) = private {
        let look_up = look_up(Arc::clone(&hub), Arc::clone(&store), Arc::clone(&metrics));
        tasks.spawn("metrics", private_listener::serve(private, Arc::clone(&metrics), look_up, health));
    }
    let fatal = database::prepare(store, Arc::clone(&hub), store::file(&config.store.url), ready.clone(), base_url);
    let (stop, stopping) = watch::channel(false);
    let (router, timeout) = (router::router(app), drain::REQUESTS_TIMEOUT);
    let server = accept::serve(listener, router, writers, listener_limits, metrics, stopping, timeout);
    let mut server = tokio::spawn(server);
    let ended = tokio::select! {
        error = fatal => Err(error),
        error = tasks.ended() => Err(error),
        ended = &mut server => Err(RunError::Task(format!("the listener ended: {ended:?}. Start Jackdaw again"))),
        () = shutdown => Ok(()),
    };
    ready.send_replace(Readiness::Draining);
    drain::connections(&chat, drain).await;
    stop.send_replace(true);
    if !server.is_finished() {
        // It only fails by a panic, which was logged.
        let _ = server.await;
    }
    tasks.shutdown().await;
    ended
}

/// What one person may cost, as configured.
fn rates(config: &crate::config::Limits) -> Rates {
    Rates {
        messages: config.messages_per_second,
        requests: config.requests_per_second,
        frames: config.frames_per_second,
    }
}

/// Starts the background tasks.
fn background_tasks(
    app: &App,
    store: &Arc<dyn Store>,
    (sessions, settings): Caches,
    writers: &Arc<WriterPool>,
) -> Tasks {
    let App { chat, hub, health, metrics, .. } = app;
    let mut tasks = Tasks::default();
    for (name, task) in chat.take_tasks() {
        tasks.watch(name, task);
    }
    let interruptions = Arc::new(tokio::sync::Notify::new());
    let polls = &metrics.background_poll;
    tasks.spawn_timed("repair", polls, background::keep_repaired(Arc::clone(chat), Arc::clone(&interruptions)));
    tasks.spawn_timed("check of heads", polls, background::fill_gaps(Arc::clone(chat)));
    tasks.spawn_timed("check of entered rooms", polls, background::check_opened(Arc::clone(chat)));
    tasks.spawn_timed("check of sessions", polls, background::check_sessions(Arc::clone(chat)));
    tasks.spawn_timed("accounts", polls, background::watch_accounts(Arc::clone(chat)));
    tasks.spawn_timed(
        "health of the database",
        polls,
        health::watch_database(Arc::clone(health), Arc::clone(store), Arc::clone(metrics)),
    );
    let bus_health = health::watch_bus(Arc::clone(health), Arc::clone(hub), Arc::clone(metrics));
    tasks.spawn_timed("health of the bus", polls, bus_health);
    tasks.spawn_timed("purge", polls, background::purge(Arc::clone(chat), Arc::clone(store)));
    tasks.spawn_timed("subscriptions", polls, Arc::clone(hub).keep_subscriptions());
    tasks.spawn("bus", listen_to_others(Arc::clone(hub), interruptions, Arc::clone(&sessions), settings));
    tasks.spawn_timed("presence", polls, Arc::clone(chat).keep_presence());
    tasks.spawn_timed("limits", polls, forget(Arc::clone(&app.budget), Arc::clone(&app.limits), sessions));
    // One for each thread of the runtime: more could not write at the same time.
    for _ in 0..tokio::runtime::Handle::current().metrics().num_workers() {
        tasks.spawn("socket writer", Arc::clone(writers).run());
    }
    tasks
}

/// Reads the bus: messages reach connections through the hub, invalidations the session cache, and interruptions the repair.
fn listen_to_others(
    hub: Arc<Hub>,
    interruptions: Arc<tokio::sync::Notify>,
    sessions: Arc<SessionCache>,
    settings: Arc<SettingsCache>,
) -> impl Future<Output = ()> {
    let cache = Arc::clone(&sessions);
    hub.on_invalidation(move |invalidation| {
        cache.evict(invalidation);
        if matches!(invalidation, Invalidation::Accounts) {
            settings.evict();
        }
    });
    hub.listen(Arc::new(move || {
        sessions.clear();
        interruptions.notify_one();
    }))
}

/// Evicts idle rate limits and expired sessions every [`EVICT_INTERVAL`].
async fn forget(budget: Arc<Budget>, limits: Arc<Limits>, sessions: Arc<SessionCache>) {
    loop {
        tokio::time::sleep(EVICT_INTERVAL).await;
        let (budget, limits, sessions) = (Arc::clone(&budget), Arc::clone(&limits), Arc::clone(&sessions));
        // All of them scan all entries, which would block the thread's connections.
        let done = tokio::task::spawn_blocking(move || {
            budget.forget();
            limits.forget();
            sessions.evict_expired();
        });
        if let Err(error) = done.await
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Assigns a new epoch after a backup was restored, and brings the schema up to date.
///
/// # Errors
/// As [`migrate`].
pub async fn restored(config: &Config) -> Result<(), RunError> {
    let (_lock, store) = up_to_date(config).await?;
    let begun = async { store.begin_epoch(store.epoch().await?, uuid::Uuid::new_v4()).await };
    begun.await.map(drop).map_err(|error: store::Error| RunError::Store(error.to_string()))
}

/// The gauges that are sampled at scrape time.
fn look_up(hub: Arc<Hub>, store: Arc<dyn Store>, metrics: Arc<Metrics>) -> private_listener::LookUp {
    Arc::new(move || {
        let (hub, store, metrics) = (Arc::clone(&hub), Arc::clone(&store), Arc::clone(&metrics));
        Box::pin(async move {
            hub.delivery.measure().await;
            let (connections, busy) = store.pool();
            metrics.pool_connections.set(connections.into());
            metrics.pool_busy.set(busy.into());
        })
    })
}

async fn private_listener(address: Option<SocketAddr>) -> Result<Option<TcpListener>, RunError> {
    let Some(address) = address else { return Ok(None) };
    listen("METRICS_ADDR", address).await.map(Some).map_err(RunError::Metrics)
}

/// Binds a listener to the address of this variable.
///
/// # Errors
/// Names the variable and what to do, as a sentence.
pub async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{variable}={address}: another program listens there. Stop it, or choose another port")
        }
        _ => format!("{variable}={address}: cannot listen there: {error}"),
    })
}

/// Brings the database up to date and returns.
///
/// # Errors
/// As [`run`]; here an unavailable database is an error.
pub async fn migrate(config: &Config) -> Result<(), RunError> {
    up_to_date(config).await.map(drop)
}

/// The database, brought up to date, and the lock that keeps it from others for as long as it is held.
async fn up_to_date(config: &Config) -> Result<(Option<File>, Arc<dyn Store>), RunError> {
    let lock = database::lock(&config.store)?;
    let fail = |error: store::Error| RunError::Store(error.to_string());
    let store = store::open(&config.store.url, config.store.pool).map_err(fail)?;
    store.migrate().await.map_err(fail)?;
    Ok((lock, store))
}

fn open_bus(config: &Config) -> Result<Arc<dyn Bus>, RunError> {
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
