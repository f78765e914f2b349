//! The database.

use super::{Area, bound};
use crate::store;
use crate::store::sqlite::sql;
use crate::store::sqlite::sql::{pool, rooms};
use crate::store::{postgres, sqlite};

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(count postgres::APPENDERS, "node on PostgreSQL: connections that store messages", "waits", ""),
        bound!(ms postgres::LOCK_TIMEOUT_MS, "batch of messages: wait for the locks of its rooms", "messages of locked rooms wait, the others do not", "delete-room"),
        bound!(count store::REFUSALS, "person: refused messages that are remembered", "the oldest are forgotten", ""),
        bound!(count sqlite::READERS, "node on SQLite: reading connections", "waits", ""),
        bound!(time pool::ACQUIRE_TIMEOUT, "statement: wait for a connection", "503, or retryable `nack`", ""),
        bound!(time pool::STATEMENT_TIMEOUT, "statement: time", "503, or retryable `nack`", ""),
        bound!(time pool::CONNECTION_LIFETIME, "connection to the database: time after which it is replaced", "nothing", ""),
        bound!(time sql::APPEND_TIMEOUT, "batch of messages: time", "retryable `nack`", ""),
        bound!(time sql::WRITE_TIMEOUT, "change of many rows: time", "503", "delete-room"),
        bound!(time sql::PING_TIMEOUT, "readiness check: time", "503 of `/readyz`", ""),
        bound!(count rooms::PUBLIC_ROOMS, "`GET /api/rooms/public`: rows", "the rest is not listed", ""),
    ];
    Area { title: "Database", rows }
}
