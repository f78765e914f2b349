//! Connections: accepting, upgrading, reading and writing.

use super::{Area, bound, variable};
use crate::accept;
use crate::accept::{quota, slow};
use crate::http::admission;
use crate::limits;
use crate::run::{descriptors, drain};
use crate::socket::READ_BUFFER;
use chat::hub::connection::AWARENESS_BYTES;
use chat::outbound;
use chat::outbound::{queue, writer_pool};
use chat::socket;
use chat::socket::{dispatch, heartbeat, sockets};
use protocol::limits::{FOCUS_USERS, FRAME_BYTES, HELLO_CURSORS};

pub(super) fn area() -> Area {
    let rows = vec![
        variable!("MAX_CONNECTIONS", max_connections, "node: WebSockets at once", "503 with `Retry-After`", "sockets"),
        variable!(
            "CONNECTIONS_PER_SECOND",
            connections_per_second,
            "node: new WebSockets a second",
            "503 with `Retry-After`",
            "admission"
        ),
        bound!(count accept::OTHER_CONNECTIONS, "node: connections beside `MAX_CONNECTIONS`", "waits to be accepted", "connections"),
        bound!(count quota::CLIENT_CONNECTIONS, "address block (without `PROXY_HOPS`), and person: HTTP connections", "one that serves no request ends, else the new one", "connections"),
        bound!(time quota::GRACE_PERIOD, "connection: time in which it is not counted yet", "nothing", ""),
        bound!(count quota::GRACE_SHARE, "address block: connections that are not counted yet, as a part of all (1 / this)", "the connection is closed", "connections"),
        bound!(bytes accept::HEAD_BYTES, "request: bytes of its head, and buffer of an answer", "431", "big-head"),
        bound!(time slow::BODY_IDLE_TIMEOUT, "request: time in which nothing of its body comes", "408", "slow-body"),
        bound!(time slow::BODY_DEADLINE, "request: time for its whole body", "408", "slow-body"),
        bound!(time slow::RESPONSE_WRITE_TIMEOUT, "answer: time in which the client takes nothing of it", "the connection is closed", "slow-answer"),
        bound!(count limits::PERSON_CONNECTIONS_PER_SECOND, "person: new WebSockets a second", "429 with `Retry-After`", "admission"),
        bound!(count limits::PERSON_CONNECTIONS_AT_ONCE, "person: new WebSockets at once", "429 with `Retry-After`", "admission"),
        bound!(time accept::HEAD_TIMEOUT, "request: time for its head; also idle time between two requests", "the connection is closed", ""),
        bound!(count descriptors::RESERVED_DESCRIPTORS, "node: descriptors beside connections", "nothing", ""),
        bound!(time admission::RETRY_AFTER_MIN, "refused upgrade: shortest wait before the next attempt", "503 with `Retry-After`", "admission"),
        bound!(bytes FRAME_BYTES, "frame of a client, and request body", "close 1009, or 413", ""),
        bound!(bytes READ_BUFFER, "connection: read buffer between frames", "nothing", ""),
        bound!(time heartbeat::HEARTBEAT_INTERVAL, "connection: interval of heartbeats, each with a WebSocket ping", "nothing", ""),
        bound!(time heartbeat::IDLE_TIMEOUT, "connection: time without any byte from the client", "the connection is closed", ""),
        bound!(time socket::HELLO_TIMEOUT, "connection: time until its `hello`", "close 1000", "sockets"),
        bound!(count sockets::SESSION_SOCKETS, "session: WebSockets on a node", "the oldest closes with 4004", "sockets"),
        bound!(count sockets::PERSON_SOCKETS, "person: WebSockets on a node", "the oldest closes with 4004", "sockets"),
        bound!(time socket::CLOSE_TIMEOUT, "connection: time to end it: what is queued, the close frame and its answer", "the connection ends", "revoked-reader"),
        variable!(
            "FRAMES_PER_SECOND",
            frames_per_second,
            "connection: frames a second, five times as many at once",
            "`error` with `rate_limited`",
            "flood"
        ),
        bound!(count dispatch::EXCESS_FRAMES_MAX, "connection: refused frames that are answered", "close 4003", ""),
        bound!(count dispatch::UNREADABLE_REPORTS, "connection: `frame:unreadable` that are counted", "ignored", ""),
        bound!(count HELLO_CURSORS, "`hello`: cursors", "`error` naming the field", "hello"),
        bound!(count FOCUS_USERS, "`focus`: user ids", "`error` naming the field", "presence"),
        bound!(bytes queue::QUEUE_BYTES, "connection: bytes that wait behind the frame that is being written", "close 4002; the device comes back with its cursors", "slow-link"),
        bound!(count outbound::CATCH_UP_SHARE, "connection: share of the queue, as a divisor, above which no batch of missed rows is added", "batches wait", "hello"),
        bound!(bytes AWARENESS_BYTES, "connection: bytes that wait above which typing and presence are dropped", "no typing, no presence", ""),
        bound!(time outbound::WRITE_TIMEOUT, "connection: time in which the system takes no byte", "close 4002", "revoked-reader"),
        bound!(count outbound::FRAMES_PER_WRITE, "connection: frames in one write", "nothing", ""),
        bound!(count writer_pool::CONNECTIONS_PER_TURN, "writer: connections before it yields to other tasks", "nothing", ""),
        bound!(time drain::REQUESTS_TIMEOUT, "shutdown: time for requests that are under way", "the connection is closed", ""),
    ];
    Area { title: "Connections", rows }
}
