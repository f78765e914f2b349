//! Opens a WebSocket with small buffers, from a given address.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The library's own is 128 KiB, which ten thousand connections in one process do not have.
const READ_BUFFER: usize = 2 * 1024;

pub(super) type Socket = WebSocketStream<TcpStream>;

pub(super) async fn open(
    node: SocketAddr,
    source: Ipv4Addr,
    address: String,
    bearer: Option<String>,
) -> Result<Socket, Error> {
    let tcp = TcpSocket::new_v4()?;
    tcp.bind((source, 0).into())?;
    let stream = tcp.connect(node).await?;
    stream.set_nodelay(true)?;
    let mut request = address.into_client_request()?;
    if let Some(bearer) = bearer {
        request.headers_mut().insert("authorization", bearer.parse().map_err(|_| Error::ConnectionClosed)?);
    }
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}
