//! The database.

use super::{Area, bound};
use store::bounds as database;

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(count database::APPENDERS, "node on PostgreSQL: connections that store messages", "waits", ""),
        bound!(ms database::LOCK_TIMEOUT_MS, "batch of messages: wait for the locks of its rooms", "messages of locked rooms wait, the others do not", "delete-room"),
        bound!(count database::REFUSALS, "person: refused messages that are remembered", "the oldest are forgotten", ""),
        bound!(count database::READERS, "node on SQLite: reading connections", "waits", ""),
        bound!(time database::ACQUIRE_TIMEOUT, "statement: wait for a connection", "503, or retryable `nack`", ""),
        bound!(time database::STATEMENT_TIMEOUT, "statement: time", "503, or retryable `nack`", ""),
        bound!(time database::CONNECTION_LIFETIME, "connection to the database: time after which it is replaced", "nothing", ""),
        bound!(time database::APPEND_TIMEOUT, "batch of messages: time", "retryable `nack`", ""),
        bound!(time database::WRITE_TIMEOUT, "change of many rows: time", "503", "delete-room"),
        bound!(time database::PING_TIMEOUT, "readiness check: time", "503 of `/readyz`", ""),
        bound!(count database::BANS, "room: people who are banned from it", "409", ""),
        bound!(count database::BLOCKS, "person: people that they block", "409", ""),
        bound!(count database::CONSENT_MESSAGES, "person who is added: first and last messages of the direct room in which both have to have written", "403", ""),
        bound!(count database::REPORTS_PER_DAY, "person: reports of messages in `REPORT_WINDOW`", "409", ""),
        bound!(time database::REPORT_WINDOW, "report: time for which it counts", "nothing", ""),
        bound!(count database::PUBLIC_ROOMS, "`GET /api/rooms/public`: rows where no limit is asked for", "`next_cursor`", ""),
    ];
    Area { title: "Database", rows }
}
