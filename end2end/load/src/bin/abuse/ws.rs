//! A WebSocket client that sends any text. Frames are plain JSON, so that an attack does not depend on what the engine
//! accepts.

use futures_util::{SinkExt, StreamExt};
use protocol::{PROTOCOL_VERSION, RoomId};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use testbed::Error;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Largest frame that is accepted: above every frame of a node.
const LARGEST: usize = 64 * 1024 * 1024;
/// How long opening may take.
const FRAME_TIMEOUT: Duration = Duration::from_secs(20);

/// Where an attacker's own connections come from: an address of their own.
pub(crate) const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

/// See the module's documentation.
pub(crate) struct Ws(WebSocketStream<TcpStream>);

/// What was received.
#[derive(Debug)]
pub(crate) enum Incoming {
    Frame { kind: String, data: Value, bytes: usize },
    Closed(Option<u16>),
    Nothing,
}

impl Ws {
    /// From the attacker's address; an error names the status where the upgrade is refused.
    pub(crate) async fn open(node: SocketAddr, token: &str) -> Result<Self, Error> {
        Self::open_from(ELSEWHERE, node, token).await
    }

    pub(crate) async fn open_from(source: Ipv4Addr, node: SocketAddr, token: &str) -> Result<Self, Error> {
        let stream = connect(source, node, None).await?;
        Self::over(stream, node, token).await
    }

    pub(crate) async fn over(stream: TcpStream, node: SocketAddr, token: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{node}/ws").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let opening = client_async_with_config(request, stream, Some(config));
        let (socket, _) = tokio::time::timeout(FRAME_TIMEOUT, opening).await??;
        Ok(Self(socket))
    }

    /// Opens, says `hello` and waits for `welcome`.
    pub(crate) async fn enter(node: SocketAddr, token: &str) -> Result<Self, Error> {
        let mut ws = Self::open(node, token).await?;
        ws.hello(&[]).await?;
        ws.find("welcome", FRAME_TIMEOUT).await?.ok_or("no welcome came")?;
        Ok(ws)
    }

    pub(crate) async fn hello(&mut self, cursors: &[(RoomId, i64, i64)]) -> Result<(), Error> {
        self.send("hello", &json!({"protocol": PROTOCOL_VERSION, "cursors": cursors})).await
    }

    pub(crate) async fn send(&mut self, kind: &str, data: &Value) -> Result<(), Error> {
        self.text(json!({"type": kind, "data": data}).to_string()).await
    }

    pub(crate) async fn text(&mut self, text: String) -> Result<(), Error> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// Without waiting for the system to take it.
    pub(crate) async fn feed(&mut self, kind: &str, data: &Value) -> Result<(), Error> {
        Ok(self.0.feed(Message::text(json!({"type": kind, "data": data}).to_string())).await?)
    }

    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        Ok(self.0.flush().await?)
    }

    pub(crate) async fn next(&mut self, timeout: Duration) -> Incoming {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.0.next()).await {
                Err(_) => return Incoming::Nothing,
                Ok(Some(Ok(Message::Text(text)))) => {
                    let bytes = text.len();
                    let Ok(mut frame) = serde_json::from_str::<Value>(&text) else { continue };
                    let kind = frame["type"].as_str().unwrap_or_default().to_owned();
                    return Incoming::Frame { kind, data: frame["data"].take(), bytes };
                }
                Ok(Some(Ok(Message::Close(close)))) => return Incoming::Closed(close.map(|close| close.code.into())),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return Incoming::Closed(None),
            }
        }
    }

    /// The next frame of this kind, if it comes before the connection ends and within this time.
    pub(crate) async fn find(&mut self, wanted: &str, timeout: Duration) -> Result<Option<Value>, Error> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now())).await {
                Incoming::Frame { kind, data, .. } if kind == wanted => return Ok(Some(data)),
                Incoming::Frame { .. } => {}
                Incoming::Closed(code) => return Err(format!("closed with {code:?} before {wanted}").into()),
                Incoming::Nothing => return Ok(None),
            }
        }
    }

    /// Reads for so long, or until the connection ends.
    pub(crate) async fn read_for(
        &mut self,
        length: Duration,
        mut on_frame: impl FnMut(&str, &Value, usize),
    ) -> Option<u16> {
        let deadline = Instant::now() + length;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now())).await {
                Incoming::Frame { kind, data, bytes } => on_frame(&kind, &data, bytes),
                Incoming::Closed(code) => return Some(code.unwrap_or(1006)),
                Incoming::Nothing => return None,
            }
        }
    }

    /// Sends a Close frame and answers with the code of the Close frame that comes back, if one does.
    pub(crate) async fn close(mut self) -> Result<Option<u16>, Error> {
        let close = tungstenite::protocol::CloseFrame { code: 1000.into(), reason: "".into() };
        self.0.send(Message::Close(Some(close))).await?;
        loop {
            match tokio::time::timeout(FRAME_TIMEOUT, self.0.next()).await? {
                Some(Ok(Message::Close(close))) => return Ok(Some(close.map_or(1005, |close| close.code.into()))),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }
}

/// A TCP connection from a loopback address, with this receive buffer if one is named.
pub(crate) async fn connect(source: Ipv4Addr, node: SocketAddr, buffer: Option<u32>) -> Result<TcpStream, Error> {
    let socket = TcpSocket::new_v4()?;
    if let Some(buffer) = buffer {
        socket.set_recv_buffer_size(buffer)?;
    }
    socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
    let stream = tokio::time::timeout(FRAME_TIMEOUT, socket.connect(node)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
