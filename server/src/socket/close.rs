//! How a connection ends: which code fits which fault, and saying it.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use protocol::CloseCode;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tungstenite::error::{CapacityError, Error};

/// How long the other side may take to answer a close.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// The code for a fault in reading; none where nobody is there to be told.
pub(super) fn code_for(error: axum::Error) -> Option<CloseCode> {
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(CapacityError::MessageTooLong { .. })) => Some(CloseCode::TooLarge),
        Some(Error::Utf8(_)) => Some(CloseCode::NotUtf8),
        Some(Error::Protocol(_)) => Some(CloseCode::ProtocolError),
        _ => None,
    }
}

/// Says goodbye, and waits a moment for the answer, so that the code is not lost with the connection.
pub(super) async fn send(socket: &mut WebSocket, code: CloseCode) {
    let deadline = Instant::now() + PATIENCE;
    let frame = CloseFrame { code: code.code(), reason: code.reason().into() };
    if !matches!(timeout_at(deadline, socket.send(Message::Close(Some(frame)))).await, Ok(Ok(()))) {
        return;
    }
    while let Ok(Some(Ok(_))) = timeout_at(deadline, socket.recv()).await {}
}
