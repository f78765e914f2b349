//! A statement on any connection of the pool, as the driver's own pool takes it.

use super::super::Db;
use super::Pool;
use super::lease::State;
use crate::bounds::STATEMENT_TIMEOUT;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use sqlx::{Database, Describe, Either, Error, Execute, Executor, SqlStr};
use tokio::time::timeout;

type Step = Either<<Db as Database>::QueryResult, <Db as Database>::Row>;

impl<'p> Executor<'p> for &'p Pool {
    type Database = Db;

    /// The whole answer is read before the first of it is handed on: no answer here is large, and a connection is free
    /// again when the database has done with it.
    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Db>,
    {
        let answer = async move {
            let mut lease = self.acquire().await?;
            let all = lease.with(State::Statement).fetch_many(query).try_collect::<Vec<_>>();
            let all = timeout(STATEMENT_TIMEOUT, all).await;
            Ok(stream::iter(lease.done(all, State::Ready, State::Ready)?.into_iter().map(Ok)))
        };
        answer.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<<Db as Database>::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Db>,
    {
        Box::pin(async move {
            let mut lease = self.acquire().await?;
            let row = timeout(STATEMENT_TIMEOUT, lease.with(State::Statement).fetch_optional(query)).await;
            lease.done(row, State::Ready, State::Ready)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<Db as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<Db as Database>::Statement, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut lease = self.acquire().await?;
            let statement =
                timeout(STATEMENT_TIMEOUT, lease.with(State::Statement).prepare_with(sql, parameters)).await;
            lease.done(statement, State::Ready, State::Ready)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Db>, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut lease = self.acquire().await?;
            let told = timeout(STATEMENT_TIMEOUT, lease.with(State::Statement).describe(sql)).await;
            lease.done(told, State::Ready, State::Ready)
        })
    }
}
