//! Closing a connection: the code for each error, and the closing handshake.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use chat::outbound::Outbound;
use chat::socket::CLOSE_TIMEOUT;
use protocol::CloseCode;
use tokio::time::{Instant, timeout_at};
use tungstenite::error::{CapacityError, Error};

/// The close code for a read error; none if the client is gone.
pub(super) fn code_for(error: axum::Error) -> Option<CloseCode> {
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(CapacityError::MessageTooLong { .. })) => Some(CloseCode::TooLarge),
        Some(Error::Utf8(_)) => Some(CloseCode::NotUtf8),
        Some(Error::Protocol(_)) => Some(CloseCode::ProtocolError),
        _ => None,
    }
}

/// Closes a connection in order: writes what is queued, then a close frame, and waits for its answer, so that the code is not lost
/// with the connection. If the client closed first, its close frame is answered instead (RFC 6455, section 5.5.1). All of it takes
/// [`CLOSE_TIMEOUT`] at most.
pub(super) async fn send(socket: &mut WebSocket, outbound: &Outbound, code: CloseCode) {
    let deadline = Instant::now() + CLOSE_TIMEOUT;
    outbound.finish(deadline).await;
    let frame = CloseFrame { code: code.code(), reason: code.reason().into() };
    // Fails if the client closed first: the library has its answer ready and writes it on the next read.
    let _ = timeout_at(deadline, socket.send(Message::Close(Some(frame)))).await;
    outbound.finish(deadline).await;
    while let Ok(Some(Ok(_))) = timeout_at(deadline, socket.recv()).await {}
    outbound.finish(deadline).await;
}
