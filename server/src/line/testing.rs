//! A line to somebody who hears what is written to it: for tests, without a network.

use super::{Flushers, Frame, Line, Wire};
use crate::hub::Connection;
use protocol::{SessionId, UserId};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

/// How much of so many bytes a client takes now, and for how long nothing more after that.
pub(crate) type Appetite = Box<dyn Fn(usize) -> (usize, Option<Duration>) + Send + Sync>;

/// A connection as the writing end has it.
struct Mouth {
    appetite: Appetite,
    heard: Mutex<Heard>,
    news: Notify,
}

#[derive(Default)]
struct Heard {
    /// Of a frame that has not come whole.
    begun: Vec<u8>,
    texts: VecDeque<String>,
    /// Until when nothing is taken.
    full: Option<Pin<Box<Sleep>>>,
}

impl Heard {
    fn hear(&mut self, bytes: &[u8]) {
        self.begun.extend(bytes);
        while let Some((frame, rest)) = Frame::split(&self.begun) {
            self.texts.push_back(frame.text().to_owned());
            self.begun = rest.to_vec();
        }
    }
}

impl Wire for Mouth {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut heard = self.heard.lock().unwrap();
        if heard.full.as_ref().is_some_and(|full| !full.is_elapsed()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let (taken, full) = (self.appetite)(bytes.len());
        heard.full = full.map(|full| Box::pin(sleep(full)));
        heard.hear(&bytes[..taken]);
        self.news.notify_one();
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut heard = self.heard.lock().unwrap();
        if let Some(full) = &mut heard.full {
            ready!(full.as_mut().poll(cx));
        }
        Poll::Ready(())
    }

    fn shutdown(&self) {}
}

/// The client at the other end of a line.
pub(crate) struct Ear {
    mouth: Arc<Mouth>,
    line: Arc<Line>,
}

impl Ear {
    /// The text of the next frame, written now if it was not yet.
    pub(crate) fn try_recv(&mut self) -> Option<String> {
        self.line.flush();
        self.next()
    }

    /// The next one that a flusher writes. May be dropped and called again.
    pub(crate) async fn recv(&mut self) -> String {
        loop {
            if let Some(text) = self.next() {
                return text;
            }
            self.mouth.news.notified().await;
        }
    }

    fn next(&mut self) -> Option<String> {
        self.mouth.heard.lock().unwrap().texts.pop_front()
    }
}

/// Somebody's connection on which nobody writes by themselves, and who is at its other end.
pub(crate) fn connection(user: UserId, session: SessionId) -> (Arc<Connection>, Ear) {
    connection_by(&Arc::default(), user, session, Box::new(|bytes| (bytes, None)))
}

/// As [`connection`], and these flushers write as much as the client takes.
pub(crate) fn connection_by(
    flushers: &Arc<Flushers>,
    user: UserId,
    session: SessionId,
    appetite: Appetite,
) -> (Arc<Connection>, Ear) {
    let mouth = Arc::new(Mouth { appetite, heard: Mutex::default(), news: Notify::new() });
    let line = Line::new(Arc::clone(&mouth) as _, Arc::clone(flushers));
    (Arc::new(Connection::new(user, session, "somebody", Arc::clone(&line))), Ear { mouth, line })
}
