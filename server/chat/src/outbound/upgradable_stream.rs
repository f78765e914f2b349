//! A TCP connection that HTTP and then the WebSocket read and write, and that the writer pool writes to once it is upgraded.

use super::{Outbound, RawSocket, WriterPool};
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

impl RawSocket for TcpStream {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [one] => Self::try_write(self, one),
            many => self.try_write_vectored(many),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error shows in the write that follows.
        self.poll_write_ready(cx).map(drop)
    }

    fn shutdown(&self) {
        // A connection that has ended already has nothing to end.
        let _ = shut_down(self, Shutdown::Both);
    }
}

/// Of a connection that several hold, only the standard library's own handle can be shut down, and that is another name for the
/// same connection.
fn shut_down(stream: &TcpStream, how: Shutdown) -> io::Result<()> {
    let handle = stream.as_fd().try_clone_to_owned()?;
    std::net::TcpStream::from(handle).shutdown(how)
}

/// Read by one task. Its writes go directly to the socket, or through the outbound queue once that is open.
pub struct UpgradableStream {
    stream: Arc<TcpStream>,
    outbound: Arc<Outbound>,
}

impl UpgradableStream {
    pub fn new(stream: TcpStream, writers: Arc<WriterPool>) -> Self {
        let stream = Arc::new(stream);
        let socket: Arc<dyn RawSocket> = Arc::clone(&stream) as _;
        Self { outbound: Outbound::new(socket, writers), stream }
    }

    /// The queue for frames once the connection is a WebSocket, see [`Outbound::open`].
    pub const fn outbound(&self) -> &Arc<Outbound> {
        &self.outbound
    }

    fn poll_write_parts(&self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.outbound.is_open() {
            // All or nothing: a remainder would end up within another frame.
            parts.iter().for_each(|part| self.outbound.push_raw(part));
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match RawSocket::try_write(&*self.stream, parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncRead for UpgradableStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done.map(drop)),
            }
        }
    }
}

impl AsyncWrite for UpgradableStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_parts(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_parts(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match shut_down(&self.stream, Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        })
    }
}
