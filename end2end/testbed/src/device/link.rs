//! The WebSocket of a device, as events. Decides nothing: when to open, what to send and what a close means is `client`'s.

use futures_util::{SinkExt, StreamExt};
use protocol::limits::FRAME_BYTES;
use protocol::{ClientFrame, ServerFrame};
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The library's own read buffer is 128 KiB, which ten thousand devices in one process do not have.
const READ_BUFFER: usize = 4 * 1024;
/// A node that takes nothing for so long counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<TcpStream>;
type Opening = Pin<Box<dyn Future<Output = Result<(SocketAddr, Socket), Error>> + Send>>;

/// What happens on a link, in order. `Closed` is the last.
pub(super) enum Event {
    /// Frames can be sent to this node from now on.
    Opened(SocketAddr),
    /// A frame arrived. Frames that a later server may know and this crate does not are left out.
    Frame(Box<ServerFrame>),
    /// Closed, or never opened; with the close code, if there was one.
    Closed(Option<u16>),
}

/// One connection after another. What it was before ends when it is opened anew.
pub(super) enum Link {
    Absent,
    Opening(Opening),
    Open(Box<Socket>),
    /// A write failed; nobody has been told yet.
    Broken,
}

impl Link {
    /// Starts to connect to the first of these nodes that listens, as a balancer does, as the person of the token.
    pub(super) fn open(nodes: impl Iterator<Item = SocketAddr> + Send + 'static, token: &str) -> Self {
        Self::Opening(Box::pin(open(nodes, format!("Bearer {token}"))))
    }

    /// The next event. May be dropped while it waits, without losing one.
    pub(super) async fn next(&mut self) -> Event {
        let event = match self {
            Self::Absent => std::future::pending().await,
            Self::Opening(opening) => match opening.await {
                Ok((node, socket)) => {
                    *self = Self::Open(Box::new(socket));
                    return Event::Opened(node);
                }
                Err(_) => Event::Closed(None),
            },
            Self::Open(socket) => read(socket).await,
            Self::Broken => Event::Closed(None),
        };
        if let Event::Closed(_) = event {
            *self = Self::Absent;
        }
        event
    }

    /// Sends a frame. On a link that is not open it goes nowhere, which the engine expects of any frame.
    pub(super) async fn send(&mut self, frame: &ClientFrame) {
        let Self::Open(socket) = self else { return };
        let Ok(text) = serde_json::to_string(frame) else { return };
        let written = tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::text(text))).await;
        if !matches!(written, Ok(Ok(()))) {
            *self = Self::Broken;
        }
    }
}

async fn open(nodes: impl Iterator<Item = SocketAddr>, bearer: String) -> Result<(SocketAddr, Socket), Error> {
    for node in nodes {
        if let Ok(stream) = TcpStream::connect(node).await {
            return Ok((node, greet(node, stream, bearer).await?));
        }
    }
    Err(Error::ConnectionClosed)
}

async fn greet(node: SocketAddr, stream: TcpStream, bearer: String) -> Result<Socket, Error> {
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{node}/ws").into_client_request()?;
    request.headers_mut().insert("authorization", bearer.parse().map_err(|_| Error::ConnectionClosed)?);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(16 * FRAME_BYTES));
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

async fn read(socket: &mut Socket) -> Event {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                if let Ok(frame) = serde_json::from_str(&text) {
                    return Event::Frame(frame);
                }
            }
            Some(Ok(Message::Close(close))) => return Event::Closed(close.map(|close| close.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Event::Closed(None),
        }
    }
}
