//! The private PostgreSQL and Redis beside which the tests run, and databases in it.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

fn service(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests with `make test-rust`, or end2end/services cargo test")
    })
}

/// The address of the Redis of this run.
pub(crate) fn redis_url() -> String {
    service("TEST_REDIS_URL")
}

/// The address of an empty database of its own.
pub(crate) async fn fresh_postgres() -> String {
    let server = service("TEST_DATABASE_URL");
    let name = format!("jackdaw_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    let (address, _) = server.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}
