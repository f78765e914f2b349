//! `/ws`: one task per connection, which reads frames and ends with a documented close code. Answers go through the outbound queue.

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

/// Read buffer per connection. The library's default is 128 KiB, zeroed. A longer frame takes more reads, and grows the buffer
/// until it is complete.
pub(crate) const READ_BUFFER: usize = 1024;

/// How long a connection may take to send `hello`. Until then it is in no room.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Upgrades a request of a signed-in person, of this site's own pages or of a program with a bearer token.
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

/// Returns true if the key is 16 bytes in base64 (RFC 6455, section 4.2.1).
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(is_digit))
}

/// Serves one connection until it ends.
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

/// The timers of an idle connection.
struct Timers {
    heartbeat: Heartbeat,
    /// When `hello` must have come.
    hello: Instant,
}

/// Serves until either side ends the connection. Returns the close code, or `None` if the client is gone.
///
/// Catch-up batches are sent between the client's frames, and only while little is queued: a client behind a slow link gets all of
/// them, and its own frames are answered meanwhile.
pub(crate) async fn serve(
    dispatch: &mut Dispatch,
    outbound: &Arc<Outbound>,
    incoming: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
) -> Option<CloseCode> {
    // Boxed: they would be the largest part of an idle connection's future.
    let mut timers = Box::new(Timers { heartbeat: Heartbeat::start(), hello: Instant::now() + HELLO_TIMEOUT });
    loop {
        tokio::select! {
            biased;
            code = outbound.run_until_closed() => return code,
            received = incoming.next() => {
                match received {
                    // Boxed: most connections are idle, and this future is large.
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
                // The client is gone: there is no close frame to send.
                Beat::Gone => return None,
            },
        }
    }
}

/// Handles a frame and writes to the client meanwhile. Returns how the connection ended, if it did; the frame is handled to its
/// end nevertheless, since others may depend on it.
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
