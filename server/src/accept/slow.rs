//! Clients that send or take nothing: how long they may hold a connection before it is given up.

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a request's body may bring nothing, per connection. Above it the client gets 408.
pub(crate) const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a request's body may take in all: the largest one, 64 KiB, at some 2 KiB a second. Above it the client gets 408.
pub(crate) const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How long a client may take nothing of an answer. Above it the connection is closed.
pub(crate) const RESPONSE_WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The body did not come in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
pub(crate) struct SlowBody;

/// A request's body with the time limits of a body.
pub(super) struct TimedBody {
    body: Incoming,
    ends: Option<Instant>,
    /// Runs while nothing comes. Most bodies are there at once and need none.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) const fn new(body: Incoming) -> Self {
        Self { body, ends: None, waiting: None }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let now = Instant::now();
        let ends = *self.ends.get_or_insert(now + BODY_DEADLINE);
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(ends.min(now + BODY_IDLE_TIMEOUT))));
        waiting.as_mut().poll(cx).map(|()| Some(Err(SlowBody.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that fails where its client takes nothing for too long.
pub(super) struct TimedStream<S> {
    stream: S,
    /// Runs while nothing can be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, waiting: None }
    }

    /// What a write answers, or that it has waited for too long.
    fn in_time(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(RESPONSE_WRITE_TIMEOUT)));
        waiting.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.in_time(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up_and_a_slow_one_is_not() {
        let (mut client, server) = tokio::io::duplex(1_000);
        let mut stream = TimedStream::new(server);
        let began = Instant::now();
        let slow = tokio::spawn(async move {
            // Each time a little before it would be too late.
            for _ in 0..3 {
                sleep(RESPONSE_WRITE_TIMEOUT - Duration::from_secs(1)).await;
                client.read_exact(&mut [0; 100]).await.unwrap();
            }
            client
        });
        let error = stream.write_all(&[0; 10_000]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let took = began.elapsed();
        assert!(took > 3 * RESPONSE_WRITE_TIMEOUT && took < 5 * RESPONSE_WRITE_TIMEOUT, "{took:?}");
        drop(slow.await.unwrap());
    }
}
