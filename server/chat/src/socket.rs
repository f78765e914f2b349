//! One connection: what comes from its WebSocket is read here, and answered through the outbound queue. Upgrading and the closing
//! handshake belong to the caller.

mod attached;
mod catch_up;
pub mod dispatch;
pub mod heartbeat;
pub mod sockets;

pub use attached::Attached;
pub use sockets::Sockets;

use crate::outbound::{Frame, Outbound};
use dispatch::Dispatch;
use futures_util::{Stream, StreamExt};
use heartbeat::{Beat, Heartbeat};
use protocol::CloseCode;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What comes from a client's WebSocket. `Text` is what the caller's library reads a text message into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<Text> {
    /// A frame of the protocol.
    Text(Text),
    /// The protocol has no binary messages.
    Binary,
    /// A ping or a pong: the client is there. The library answers it.
    Control,
    /// The client closes.
    Close,
    /// Nothing more can be read, and why; none if the client is gone.
    Failed(Option<CloseCode>),
}

/// How long a connection may take to send `hello`. Until then it is in no room.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// How long closing a connection may take.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

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
pub async fn serve<Text: Deref<Target = str>>(
    dispatch: &mut Dispatch,
    outbound: &Arc<Outbound>,
    incoming: &mut (impl Stream<Item = Incoming<Text>> + Unpin),
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
                    Some(Incoming::Text(text)) => {
                        if let Some(ended) = Box::pin(while_writing(outbound, dispatch.frame(&text))).await {
                            return ended;
                        }
                    }
                    Some(Incoming::Binary) => return Some(CloseCode::ProtocolError),
                    Some(Incoming::Control) => {}
                    // Answered by the closing handshake.
                    Some(Incoming::Close) => return Some(CloseCode::Normal),
                    None => return None,
                    Some(Incoming::Failed(code)) => return code,
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
mod tests;
