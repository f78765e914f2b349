//! A leased connection, and its return to the pool.

use super::{Conn, Inner, PING_TIMEOUT, Pool};
use crate::bounds::STATEMENT_TIMEOUT;
use crate::driver::ends_connection;
use sqlx::{Connection, Error, Executor};
use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};

const HELD: &str = "it goes only when the lease is dropped";

/// What a connection is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    /// A statement, whose answer is still to be read.
    Statement,
    /// A transaction, and perhaps one of its statements.
    Transaction,
    /// It has failed: nobody uses it again.
    Broken,
}

/// A connection and its place. Goes back when it is dropped, if it can be used again.
pub(super) struct Lease(Option<Leased>);

struct Leased {
    connection: Conn,
    made: Instant,
    state: State,
    _place: OwnedSemaphorePermit,
    pool: Arc<Inner>,
}

impl Lease {
    pub(super) fn new(connection: Conn, made: Instant, place: OwnedSemaphorePermit, pool: Arc<Inner>) -> Self {
        Self(Some(Leased { connection, made, state: State::Ready, _place: place, pool }))
    }

    /// For something that leaves it in this state until [`Lease::done`].
    pub(super) fn with(&mut self, state: State) -> &mut Conn {
        let leased = self.leased();
        leased.state = state;
        &mut leased.connection
    }

    /// What came of it, and the state that it leads to.
    pub(super) fn done<T>(
        &mut self,
        outcome: Result<Result<T, Error>, Elapsed>,
        then: State,
        otherwise: State,
    ) -> Result<T, Error> {
        let outcome = outcome.unwrap_or_else(|_| Err(unanswered()));
        let leased = self.leased();
        leased.state = match &outcome {
            Ok(_) => then,
            Err(error) if ends_connection(error) => {
                leased.pool.close_idle();
                State::Broken
            }
            Err(_) => otherwise,
        };
        outcome
    }

    fn leased(&mut self) -> &mut Leased {
        self.0.as_mut().expect(HELD)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(leased) = self.0.take() else { return };
        match (leased.state, Handle::try_current()) {
            (State::Ready, _) => leased.pool.put_back(leased.connection, leased.made),
            (State::Statement | State::Transaction, Ok(runtime)) => drop(runtime.spawn(mend(leased))),
            // Closed with this.
            (State::Broken, _) | (_, Err(_)) => {}
        }
    }
}

/// Leaves what a connection was in the middle of, or closes it.
async fn mend(mut leased: Leased) {
    let connection = &mut leased.connection;
    let mended = timeout(PING_TIMEOUT, async {
        match leased.state {
            State::Transaction => connection.execute(sqlx::raw_sql("rollback")).await.map(drop),
            _ => connection.ping().await,
        }
    });
    match mended.await {
        Ok(Ok(())) => leased.pool.put_back(leased.connection, leased.made),
        _ => leased.pool.close_idle(),
    }
}

fn unanswered() -> Error {
    Error::Io(std::io::Error::new(ErrorKind::TimedOut, "a statement was not answered in time"))
}

/// A transaction that writes. Dropped without a commit it leaves nothing behind.
pub(crate) struct Tx(Lease);

impl Pool {
    /// Begins one by this statement.
    pub(crate) async fn begin_with(&self, statement: &'static str) -> Result<Tx, Error> {
        let mut lease = self.acquire().await?;
        let begun = timeout(STATEMENT_TIMEOUT, lease.with(State::Transaction).execute(sqlx::raw_sql(statement))).await;
        lease.done(begun, State::Transaction, State::Ready)?;
        Ok(Tx(lease))
    }
}

impl Tx {
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let committed =
            timeout(STATEMENT_TIMEOUT, self.0.with(State::Transaction).execute(sqlx::raw_sql("commit"))).await;
        self.0.done(committed, State::Ready, State::Transaction).map(drop)
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0.0.as_ref().expect(HELD).connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0.leased().connection
    }
}
