//! A fake client at the other end of an outbound queue: for tests, without a network.

use crate::hub::Connection;
use crate::outbound::{Frame, Outbound, RawSocket, WriterPool};
use parking_lot::Mutex;
use protocol::{SessionId, UserId};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

/// How many of the given bytes a client takes now, and for how long it takes nothing after that.
pub type ReadBehavior = Box<dyn Fn(usize) -> (usize, Option<Duration>) + Send + Sync>;

/// The socket as the writing side sees it.
struct FakeSocket {
    read_behavior: ReadBehavior,
    received: Mutex<Received>,
    arrived: Notify,
}

#[derive(Default)]
struct Received {
    /// The bytes of an incomplete frame.
    begun: Vec<u8>,
    texts: VecDeque<String>,
    /// Until when the client takes nothing.
    full: Option<Pin<Box<Sleep>>>,
}

impl Received {
    fn receive(&mut self, bytes: &[u8]) {
        self.begun.extend(bytes);
        while let Some((frame, rest)) = Frame::split(&self.begun) {
            self.texts.push_back(frame.text().to_owned());
            self.begun = rest.to_vec();
        }
    }
}

impl RawSocket for FakeSocket {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut received = self.received.lock();
        if received.full.as_ref().is_some_and(|full| !full.is_elapsed()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let (taken, full) = (self.read_behavior)(bytes.len());
        received.full = full.map(|full| Box::pin(sleep(full)));
        received.receive(&bytes[..taken]);
        self.arrived.notify_one();
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut received = self.received.lock();
        if let Some(full) = &mut received.full {
            ready!(full.as_mut().poll(cx));
        }
        Poll::Ready(())
    }

    fn shutdown(&self) {}
}

/// The client at the other end of a connection.
pub struct TestClient {
    socket: Arc<FakeSocket>,
    outbound: Arc<Outbound>,
}

impl TestClient {
    /// The text of the next frame, written now if it was not yet.
    pub fn try_recv(&mut self) -> Option<String> {
        self.outbound.flush();
        self.next()
    }

    /// The next frame that the writer pool writes. Cancel safe.
    pub async fn recv(&mut self) -> String {
        loop {
            if let Some(text) = self.next() {
                return text;
            }
            self.socket.arrived.notified().await;
        }
    }

    fn next(&mut self) -> Option<String> {
        self.socket.received.lock().texts.pop_front()
    }
}

/// A connection without a writer pool, and the client at its other end.
pub fn connection(user: UserId, session: SessionId) -> (Arc<Connection>, TestClient) {
    connection_by(&Arc::default(), user, session, Box::new(|bytes| (bytes, None)))
}

/// As [`connection`], with a writer pool and a client that reads in this way.
pub fn connection_by(
    writers: &Arc<WriterPool>,
    user: UserId,
    session: SessionId,
    read_behavior: ReadBehavior,
) -> (Arc<Connection>, TestClient) {
    let socket = Arc::new(FakeSocket { read_behavior, received: Mutex::default(), arrived: Notify::new() });
    let outbound = Outbound::new(Arc::clone(&socket) as _, Arc::clone(writers));
    (Arc::new(Connection::new(user, session, "somebody", Arc::clone(&outbound))), TestClient { socket, outbound })
}
