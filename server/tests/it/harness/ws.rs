//! A WebSocket client that says exactly what it is told, right or wrong.

use super::{CONDITION_TIMEOUT, Node};
use futures_util::{SinkExt, StreamExt};
use protocol::{
    ClientFrame, ClientId, Cursor, ErrorCode, Message as Row, PROTOCOL_VERSION, RoomId, RoomSummary, ServerFrame,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

pub(crate) struct Ws(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Ws {
    pub(crate) async fn open(node: &Node, token: &str) -> Self {
        Self::try_open(node, &[("authorization", &format!("Bearer {token}"))]).await.unwrap()
    }

    /// As [`Ws::open`], at what stands in front of nodes.
    pub(crate) async fn open_at(address: &str, token: &str) -> Self {
        Self::try_open_at(address, &[("authorization", &format!("Bearer {token}"))]).await.unwrap()
    }

    /// Opens with these headers; the status of the answer where it is refused.
    pub(crate) async fn try_open(node: &Node, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        Self::try_open_at(&node.address, headers).await
    }

    async fn try_open_at(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Says `hello` and answers with the rooms of the `welcome`.
    pub(crate) async fn hello(&mut self) -> Vec<RoomSummary> {
        let rooms = self.hello_from(Vec::new()).await;
        self.find("sync:done", |frame| (frame == ServerFrame::SyncDone {}).then_some(())).await;
        rooms
    }

    /// As [`Ws::hello`], of a device that holds rows up to these cursors. What it missed comes next.
    pub(crate) async fn hello_from(&mut self, cursors: Vec<Cursor>) -> Vec<RoomSummary> {
        self.send(&ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors }).await;
        let mut rooms = Vec::new();
        self.find("all of welcome", |frame| match frame {
            ServerFrame::Welcome { rooms: page, more, .. } | ServerFrame::Rooms { rooms: page, more } => {
                rooms.extend(page);
                (!more).then_some(())
            }
            _ => None,
        })
        .await;
        self.find("heads", |frame| matches!(frame, ServerFrame::Heads { .. }).then_some(())).await;
        rooms
    }

    pub(crate) async fn send(&mut self, frame: &ClientFrame) {
        self.send_raw(Message::text(serde_json::to_string(frame).unwrap())).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send_raw(Message::text(text)).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// The bytes below the frames, to write what no client library would.
    pub(crate) fn stream(&mut self) -> &mut MaybeTlsStream<TcpStream> {
        self.0.get_mut()
    }

    /// Sends a message and answers with its id.
    pub(crate) async fn send_message(&mut self, room_id: RoomId, body: &str) -> ClientId {
        let client_id = ClientId(Uuid::now_v7());
        self.send(&ClientFrame::Send { client_id, room_id, body: body.to_owned(), reply_to: None }).await;
        client_id
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> ServerFrame {
        self.find("a frame", Some).await
    }

    /// Reads on until `pick` finds what it looks for.
    pub(crate) async fn find<T>(&mut self, what: &str, mut pick: impl FnMut(ServerFrame) -> Option<T>) -> T {
        let search = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        if let Some(found) = pick(serde_json::from_str(&text).unwrap()) {
                            return found;
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("waited for {what}, got {other:?}"),
                }
            }
        };
        tokio::time::timeout(CONDITION_TIMEOUT, search).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    /// The connection is open and its node answers.
    pub(crate) async fn is_answered(&mut self) {
        self.send(&ClientFrame::Ping {}).await;
        self.find("a heartbeat", |frame| (frame == ServerFrame::Heartbeat {}).then_some(())).await;
    }

    /// The next new message.
    pub(crate) async fn next_message(&mut self) -> Row {
        self.find("message:new", |frame| match frame {
            ServerFrame::New { message } => Some(message),
            _ => None,
        })
        .await
    }

    /// The message that is refused next: its id, why, and whether it may be sent again.
    pub(crate) async fn refusal(&mut self) -> (ClientId, ErrorCode, bool) {
        self.find("nack", |frame| match frame {
            ServerFrame::Nack { client_id, code, retryable, .. } => Some((client_id, code, retryable)),
            _ => None,
        })
        .await
    }

    /// The room that is shown next, as new or changed.
    pub(crate) async fn next_room(&mut self) -> RoomSummary {
        self.find("room:changed", |frame| match frame {
            ServerFrame::RoomChanged { room } => Some(room),
            _ => None,
        })
        .await
    }

    /// Reads on until this room goes away.
    pub(crate) async fn loses(&mut self, room: RoomId) {
        self.find("room:gone", |frame| {
            matches!(frame, ServerFrame::RoomGone { room_id } if room_id == room).then_some(())
        })
        .await;
    }

    /// Reads on until this text is told.
    pub(crate) async fn receives(&mut self, body: &str) {
        self.find(body, |frame| matches!(frame, ServerFrame::New { message } if message.body == body).then_some(()))
            .await;
    }

    /// Whether the next messages come as they are told, by the bus where their sender is on another node; else they were
    /// read from the database.
    pub(crate) async fn receives_live(&mut self) -> bool {
        self.find("a message", |frame| match frame {
            ServerFrame::New { .. } => Some(true),
            ServerFrame::Offline { .. } => Some(false),
            _ => None,
        })
        .await
    }

    /// Reads on until the server closes, and answers with its code; none where the connection just ended.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        self.closed_after(drop).await
    }

    /// As [`Ws::closed`], handing on the messages that come before.
    pub(crate) async fn closed_after(&mut self, mut each: impl FnMut(Message)) -> Option<u16> {
        self.closed_by(|message| {
            if !matches!(message, Message::Close(_)) {
                each(message)
            }
        })
        .await
    }

    /// As [`Ws::closed`], handing on all messages, the close frame included.
    pub(crate) async fn closed_by(&mut self, mut each: impl FnMut(Message)) -> Option<u16> {
        let end = async {
            loop {
                match self.0.next().await {
                    Some(Ok(message)) => {
                        each(message.clone());
                        if let Message::Close(frame) = message {
                            return frame.map(|frame| frame.code.into());
                        }
                    }
                    Some(Err(_)) | None => return None,
                }
            }
        };
        tokio::time::timeout(CONDITION_TIMEOUT, end).await.expect("the server closes")
    }
}
