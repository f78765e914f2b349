//! `/ws`: the upgrade, one task per connection, and the closing handshake with a documented close code.

pub(crate) mod close;

use crate::auth::Caller;
use crate::http::admission::ConnectionPermit;
use crate::http::origin;
use crate::{App, Error};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::header::SEC_WEBSOCKET_KEY;
use axum::http::request::Parts;
use axum::response::Response;
use chat::Connection;
use chat::outbound::Outbound;
use chat::socket::dispatch::Dispatch;
use chat::socket::sockets::Entry;
use chat::socket::{Attached, Incoming, serve};
use futures_util::StreamExt;
use protocol::CloseCode;
use protocol::limits::FRAME_BYTES;
use std::sync::Arc;

/// Read buffer per connection. The library's default is 128 KiB, zeroed. A longer frame takes more reads, and grows the buffer
/// until it is complete.
pub(crate) const READ_BUFFER: usize = 1024;

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
        return Err(chat::Error::Invalid("sec-websocket-key: must be 16 bytes in base64.".into()).into());
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
    let mut dispatch = Box::new(Dispatch::new(Arc::clone(&app.chat), Arc::clone(&connection), Arc::clone(&app.budget)));
    let code = serve(&mut dispatch, &connection.outbound, &mut (&mut socket).map(incoming)).await;
    drop(attached);
    if code == Some(CloseCode::SlowConsumer) {
        app.metrics.slow_readers.inc();
    }
    if let Some(code) = code {
        Box::pin(close::send(&mut socket, &connection.outbound, code)).await;
    }
    tracing::debug!(connection = %connection.id, user = %connection.user, ?code, "disconnected");
}

/// What the library reads, without its types.
fn incoming(received: Result<Message, axum::Error>) -> Incoming<Utf8Bytes> {
    match received {
        Ok(Message::Text(text)) => Incoming::Text(text),
        Ok(Message::Binary(_)) => Incoming::Binary,
        Ok(Message::Ping(_) | Message::Pong(_)) => Incoming::Control,
        Ok(Message::Close(_)) => Incoming::Close,
        Err(error) => Incoming::Failed(close::code_for(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a call of this function makes.
    const fn size_of_future<A, B, C, D, F>(_: &impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_that_says_nothing_is_small() {
        let bytes = size_of_future(&run);
        println!("{bytes} bytes for each connection, {} of them what it has said so far", size_of::<Dispatch>());
        assert!(bytes <= 1_280, "{bytes} bytes for each connection");
    }
}
