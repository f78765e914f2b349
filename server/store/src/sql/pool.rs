//! The pool of connections to the database: bounded, last used first, and every wait has a timeout.
//!
//! The driver's own pool makes three round trips per statement, because it pings a connection before and after, and it waits for ever
//! if the network drops the ping. Here a connection that was used within the last second is trusted. One that does not answer in time
//! is closed, with all idle ones. One that was left in the middle of a statement or transaction is reset before its next use.

mod executor;
mod lease;

pub(crate) use lease::Tx;

use super::Db;
use crate::bounds::{ACQUIRE_TIMEOUT, CONNECTION_LIFETIME};
use lease::Lease;
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::pool::PoolOptions;
use sqlx::{Connection, Database, Error};
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

type Conn = <Db as Database>::Connection;
pub(crate) type Options = <Conn as Connection>::Options;

/// How long after its last use a connection is trusted without a ping.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How long a ping, or a reset, may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// Before a database that is starting is retried.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// One more connection beside the pools, with the driver's own ways.
pub(super) fn alone(options: &Options) -> sqlx::Pool<Db> {
    PoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options.clone())
}

/// See the module's documentation. Dropped with the last of its connections.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    options: Options,
    most: u32,
    /// One permit per connection; each lease holds one.
    places: Arc<Semaphore>,
    /// Idle connections, the last used last.
    idle: Mutex<Vec<Idle>>,
    /// How long each statement waited for its connection.
    waits: Histogram,
}

struct Idle {
    connection: Conn,
    made: Instant,
    since: Instant,
}

impl Inner {
    fn put_back(&self, connection: Conn, made: Instant) {
        if made.elapsed() < CONNECTION_LIFETIME {
            self.idle.lock().push(Idle { connection, made, since: Instant::now() });
        }
    }

    /// Closes all idle connections: one connection is broken, so most likely they are as well.
    fn close_idle(&self) {
        // Closed without the lock.
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
    }

    async fn connect(&self) -> Result<Conn, Error> {
        loop {
            match Conn::connect_with(&self.options).await {
                Err(error) if is_starting(&error) => sleep(RETRY_INTERVAL).await,
                done => return done,
            }
        }
    }
}

impl Pool {
    /// Nothing is connected before it is needed.
    pub(crate) fn new(options: Options, most: u32, waits: Histogram) -> Self {
        let places = Arc::new(Semaphore::new(most as usize));
        Self(Arc::new(Inner { options, most, places, idle: Mutex::default(), waits }))
    }

    /// Whether these are the same connections.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Connections at most.
    pub(super) fn most(&self) -> u32 {
        self.0.most
    }

    /// Open connections, and how many of them are in use.
    pub(super) fn size(&self) -> (u32, u32) {
        let free = u32::try_from(self.0.places.available_permits()).unwrap_or(u32::MAX);
        let busy = self.0.most.saturating_sub(free);
        let idle = u32::try_from(self.0.idle.lock().len()).unwrap_or(u32::MAX);
        // One that is given back idles a moment before its place is free, and one that is taken has a place before that.
        (busy.saturating_add(idle).min(self.0.most), busy)
    }

    async fn acquire(&self) -> Result<Lease, Error> {
        let began = Instant::now();
        let lease = timeout(ACQUIRE_TIMEOUT, self.take()).await.unwrap_or(Err(Error::PoolTimedOut));
        self.0.waits.observe(began.elapsed().as_secs_f64());
        lease
    }

    async fn take(&self) -> Result<Lease, Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await.map_err(|_| Error::PoolClosed)?;
        let mut made = Instant::now();
        let mut found = None;
        while found.is_none()
            && let Some(mut idle) = self.pop()
        {
            if idle.since.elapsed() < TRUSTED_FOR
                || matches!(timeout(PING_TIMEOUT, idle.connection.ping()).await, Ok(Ok(())))
            {
                made = idle.made;
                found = Some(idle.connection);
            } else {
                self.0.close_idle();
            }
        }
        let connection = match found {
            Some(connection) => connection,
            None => self.0.connect().await?,
        };
        Ok(Lease::new(connection, made, place, Arc::clone(&self.0)))
    }

    fn pop(&self) -> Option<Idle> {
        self.0.idle.lock().pop()
    }
}

/// Whether a database refuses connections because it has only begun to start.
fn is_starting(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        // Starting up; and too many connections, of which one ends any moment.
        Error::Database(error) => error.code().is_some_and(|code| code == "57P03" || code == "53300"),
        _ => false,
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.size()).finish()
    }
}
