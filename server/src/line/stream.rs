//! A TCP connection that is read and answered as one, by HTTP and then by the WebSocket, and written to by flushers.

use super::{Flushers, Line, Wire};
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What both hands hold.
struct Shared {
    stream: TcpStream,
    /// Whether frames go out beside what is written here.
    has_frames: AtomicBool,
}

impl Wire for Shared {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [one] => self.stream.try_write(one),
            many => self.stream.try_write_vectored(many),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What is wrong is told by the write that follows.
        self.stream.poll_write_ready(cx).map(drop)
    }
}

/// Read by one task. What it writes goes straight out, or through the line once frames do.
pub(crate) struct Stream {
    shared: Arc<Shared>,
    line: Arc<Line>,
}

/// Where an upgraded connection finds its line.
#[derive(Clone)]
pub(crate) struct Upgrade {
    shared: Arc<Shared>,
    line: Arc<Line>,
}

impl Upgrade {
    /// From now on frames go out. HTTP has nothing left to write.
    pub(crate) fn line(self) -> Arc<Line> {
        self.shared.has_frames.store(true, Ordering::Release);
        self.line
    }
}

impl Stream {
    pub(crate) fn new(stream: TcpStream, flushers: Arc<Flushers>) -> Self {
        let shared = Arc::new(Shared { stream, has_frames: AtomicBool::new(false) });
        let wire: Arc<dyn Wire> = Arc::clone(&shared) as _;
        Self { line: Line::new(wire, flushers), shared }
    }

    pub(crate) fn upgrade(&self) -> Upgrade {
        Upgrade { shared: Arc::clone(&self.shared), line: Arc::clone(&self.line) }
    }

    fn poll_write_parts(&self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.shared.has_frames.load(Ordering::Acquire) {
            // All or nothing: what is left over would come to stand within another frame.
            parts.iter().for_each(|part| self.line.interject(part));
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        loop {
            ready!(self.shared.stream.poll_write_ready(cx))?;
            match self.shared.try_write(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.shared.stream.poll_read_ready(cx))?;
            match self.shared.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Stream {
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

    /// Of a connection that two hold, only the standard library's own handle can be shut down, and that is another
    /// name for the same connection.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let handle = self.shared.stream.as_fd().try_clone_to_owned()?;
        Poll::Ready(match std::net::TcpStream::from(handle).shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        })
    }
}
