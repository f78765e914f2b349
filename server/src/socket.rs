//! `/ws`: one task a connection that reads frames and ends with a documented close code. What it says is written by its
//! outbound.

mod attached;
mod catch_up;
pub(crate) mod close;
pub(crate) mod dispatch;
pub(crate) mod heartbeat;
pub(crate) mod sockets;

use crate::auth::Caller;
use crate::http::admission::ConnectionPermit;
use crate::http::origin;
use crate::hub::Connection;
use crate::outbound::{Frame, Outbound};
use crate::{App, Error};
use attached::Attached;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::SEC_WEBSOCKET_KEY;
use axum::http::request::Parts;
use axum::response::Response;
use dispatch::Dispatch;
use futures_util::{Stream, StreamExt};
use heartbeat::{Beat, Heartbeat};
use protocol::CloseCode;
use protocol::limits::FRAME_BYTES;
use sockets::Entry;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The library's default read buffer is 128 KiB a connection, zeroed. A longer frame takes more reads, and grows it for as
/// long as the frame is under way.
pub(crate) const READ_BUFFER: usize = 1024;

/// How long a connection may take to say `hello`; until then it is in no room and only holds a place.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Upgrades a request of a signed-in person, from this site's own pages or from a program with a bearer token.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    parts: Parts,
    Extension(permit): Extension<ConnectionPermit>,
    Extension(outbound): Extension<Arc<Outbound>>,
    caller: Caller,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Error> {
    origin::allow(&app, &parts)?;
    if !parts.headers.get(SEC_WEBSOCKET_KEY).is_some_and(|key| is_key(key.as_bytes())) {
        return Err(Error::Invalid("sec-websocket-key: must be 16 bytes in base64.".into()));
    }
    let upgrade = upgrade.read_buffer_size(READ_BUFFER).max_message_size(FRAME_BYTES).max_frame_size(FRAME_BYTES);
    Ok(upgrade.on_upgrade(move |socket| {
        let Caller { user, session, .. } = caller;
        outbound.open();
        let connection = Arc::new(Connection::new(user.id, session, &user.display_name, outbound));
        let entry = app.sockets.enter(&connection);
        run(app, connection, socket, (permit, entry))
    }))
}

/// Whether this is what 16 bytes are in base64 (RFC 6455, section 4.2.1).
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(is_digit))
}

/// A connection's whole life.
async fn run(app: Arc<App>, connection: Arc<Connection>, mut socket: WebSocket, _permits: (ConnectionPermit, Entry)) {
    tracing::debug!(connection = %connection.id, user = %connection.user, "connected");
    let attached = Attached { chat: &app.chat, connection: &connection };
    // Boxed, as the timers: most connections are idle.
    let mut dispatch = Box::new(Dispatch::new(Arc::clone(&app.chat), Arc::clone(&connection), Arc::clone(&app.limits)));
    let code = serve(&mut dispatch, &connection.outbound, &mut socket).await;
    drop(attached);
    if code == Some(CloseCode::SlowConsumer) {
        app.metrics.slow_readers.inc();
    }
    if let Some(code) = code {
        Box::pin(close::send(&mut socket, &connection.outbound, code)).await;
    }
    tracing::debug!(connection = %connection.id, user = %connection.user, ?code, "disconnected");
}

/// What a connection waits for while nobody says anything.
struct Timers {
    heartbeat: Heartbeat,
    /// When `hello` must have come.
    hello: Instant,
}

/// Until one side wants to end it; with the code to close with, if the client still listens.
///
/// What the client missed is sent batch by batch between its frames, and only while little is queued: a client behind a
/// slow link gets all of it, and what it sends meanwhile is answered.
pub(crate) async fn serve(
    dispatch: &mut Dispatch,
    outbound: &Arc<Outbound>,
    incoming: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
) -> Option<CloseCode> {
    // Boxed: they would be the largest part of what an idle connection waits for.
    let mut timers = Box::new(Timers { heartbeat: Heartbeat::start(), hello: Instant::now() + HELLO_TIMEOUT });
    loop {
        tokio::select! {
            biased;
            code = outbound.run_until_closed() => return code,
            received = incoming.next() => {
                match received {
                    // Boxed: most connections say nothing most of the time, and this is most of their size.
                    Some(Ok(Message::Text(text))) => {
                        if let Some(ended) = Box::pin(while_writing(outbound, dispatch.frame(text.as_str()))).await {
                            return ended;
                        }
                    }
                    Some(Ok(Message::Binary(_))) => return Some(CloseCode::ProtocolError),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    // Answered by the closing handshake.
                    Some(Ok(Message::Close(_))) => return Some(CloseCode::Normal),
                    None => return None,
                    Some(Err(error)) => return close::code_for(error),
                }
                timers.heartbeat.record_received();
            }
            () = async { Box::pin(sleep_until(timers.hello)).await }, if !dispatch.is_greeted() => {
                return Some(CloseCode::Normal);
            }
            () = async { Box::pin(dispatch.ready()).await }, if dispatch.is_catching_up() => {
                if let Some(ended) = Box::pin(while_writing(outbound, dispatch.catch_up_next())).await {
                    return ended;
                }
            }
            beat = timers.heartbeat.beat() => match beat {
                Beat::Due => outbound.send(Frame::beat()),
                // Nobody is there to be told why.
                Beat::Gone => return None,
            },
        }
    }
}

/// Handles something and goes on writing to the client meanwhile. With how the connection ended, if it did; what is
/// being handled is carried out nevertheless, since others may be waiting to be told of it.
async fn while_writing(outbound: &Outbound, handling: impl Future<Output = ()>) -> Option<Option<CloseCode>> {
    let mut handling = pin!(handling);
    tokio::select! {
        biased;
        () = &mut handling => None,
        ended = outbound.run_until_closed() => {
            handling.await;
            Some(ended)
        }
    }
}

#[cfg(test)]
mod largest;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod tests;
