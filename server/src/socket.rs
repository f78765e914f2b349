//! `/ws`: one task a connection that reads frames, writes what is queued for it, and ends with a documented close code.

mod close;
pub(crate) mod dispatch;

use crate::auth::Caller;
use crate::http::gate::Pass;
use crate::http::origin;
use crate::hub::{Connection, Queue};
use crate::{App, Error};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::response::Response;
use dispatch::Dispatch;
use protocol::CloseCode;
use protocol::limits::FRAME_BYTES;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The library's default read buffer is 128 KiB a connection, zeroed; these keep one at a few KiB.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 8 * 1024;
const WRITE_BUFFER_MAX: usize = 256 * 1024;
/// Bytes fed between two flushes: the write buffer never shrinks again.
const FEED_BYTES: usize = 16 * 1024;
/// Frames taken from the queue at once.
const FEED_FRAMES: usize = 64;
/// How often a silent client is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(25);
/// How long a client may say nothing, pongs included, before it counts as gone.
const SILENCE: Duration = Duration::from_secs(70);
/// How long one write may take before the reader counts as too slow.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// Upgrades a request of a signed-in person, from this site's own pages or from a program with a bearer token.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    parts: Parts,
    Extension(pass): Extension<Pass>,
    caller: Caller,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Error> {
    origin::allow(&app, &parts)?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES);
    Ok(upgrade.on_upgrade(move |socket| run(app, caller, socket, pass)))
}

/// A connection's whole life.
async fn run(app: Arc<App>, caller: Caller, mut socket: WebSocket, _place: Pass) {
    let (connection, queue) = Connection::new(caller.user.id, caller.session, &caller.user.display_name);
    let connection = Arc::new(connection);
    tracing::debug!(connection = %connection.id, user = %connection.user, "connected");
    let mut dispatch = Dispatch::new(Arc::clone(&app.chat), Arc::clone(&connection), Arc::clone(&app.limits));
    let code = serve(&mut dispatch, &connection, queue, &mut socket).await;
    app.chat.disconnect(&connection);
    if code == Some(CloseCode::SlowConsumer) {
        app.metrics.slow_readers.inc();
    }
    if let Some(code) = code {
        close::send(&mut socket, code).await;
    }
    tracing::debug!(connection = %connection.id, user = %connection.user, ?code, "disconnected");
}

/// Until one side wants to end it; with the code to close with, if the client still listens.
async fn serve(
    dispatch: &mut Dispatch,
    connection: &Connection,
    mut queue: Queue,
    socket: &mut WebSocket,
) -> Option<CloseCode> {
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut frames = Vec::new();
    loop {
        tokio::select! {
            biased;
            code = connection.closed() => {
                // What was queued before still goes out: a `goaway`, say.
                return write_rest(connection, &mut queue, socket, code).await;
            }
            received = socket.recv() => {
                heard = Instant::now();
                match received {
                    // Boxed: most connections say nothing most of the time, and this is most of their size.
                    Some(Ok(Message::Text(text))) => Box::pin(dispatch.frame(text.as_str())).await,
                    Some(Ok(Message::Binary(_))) => return Some(CloseCode::ProtocolError),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return None,
                    Some(Err(error)) => return close::code_for(error),
                }
            }
            taken = queue.recv_many(&mut frames, FEED_FRAMES) => {
                if taken == 0 {
                    return None;
                }
                let written = tokio::select! {
                    written = write(connection, frames.drain(..), socket) => written,
                    // A write that waits for a reader who does not read would hide that their queue is full.
                    () = connection.overflown() => Err(Some(CloseCode::SlowConsumer)),
                };
                if let Err(code) = written {
                    return code;
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return None;
                }
                if let Err(code) = within(socket.send(Message::Ping(axum::body::Bytes::new()))).await {
                    return code;
                }
            }
        }
    }
}

/// Feeds frames and flushes once for all, or every [`FEED_BYTES`].
async fn write(
    connection: &Connection,
    frames: impl Iterator<Item = Utf8Bytes>,
    socket: &mut WebSocket,
) -> Result<(), Option<CloseCode>> {
    use futures_util::SinkExt;
    let mut fed = 0;
    for frame in frames {
        let bytes = frame.len();
        within(socket.feed(Message::Text(frame))).await?;
        connection.taken(bytes);
        fed += bytes;
        if fed >= FEED_BYTES {
            within(SinkExt::flush(socket)).await?;
            fed = 0;
        }
    }
    within(SinkExt::flush(socket)).await
}

async fn write_rest(
    connection: &Connection,
    queue: &mut Queue,
    socket: &mut WebSocket,
    code: CloseCode,
) -> Option<CloseCode> {
    // A slow reader has shown that it does not read.
    if code != CloseCode::SlowConsumer {
        let rest = std::iter::from_fn(|| queue.try_recv().ok());
        write(connection, rest, socket).await.err().flatten();
    }
    Some(code)
}

/// A write, or the code to close with: none where the connection broke.
async fn within(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Option<CloseCode>> {
    match tokio::time::timeout(WRITE_TIMEOUT, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(None),
        Err(_) => Err(Some(CloseCode::SlowConsumer)),
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
        assert!(bytes <= 2_048, "{bytes} bytes for each connection");
    }
}
