//! A line to somebody who hears what is written to it: for tests, without a network.

use super::{Flushers, Frame, Line, Wire};
use crate::hub::Connection;
use protocol::{SessionId, UserId};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::sync::Notify;

/// Takes everything at once.
#[derive(Default)]
struct Mouth {
    said: Mutex<VecDeque<String>>,
    news: Notify,
}

impl Wire for Mouth {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.said.lock().unwrap().extend(parts.iter().map(|part| Frame::of_bytes(part).text().to_owned()));
        self.news.notify_one();
        Ok(parts.iter().map(|part| part.len()).sum())
    }

    fn poll_writable(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
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
        self.mouth.said.lock().unwrap().pop_front()
    }

    /// The next one that a flusher writes. May be dropped and called again.
    pub(crate) async fn recv(&mut self) -> String {
        loop {
            if let Some(text) = { self.mouth.said.lock().unwrap().pop_front() } {
                return text;
            }
            self.mouth.news.notified().await;
        }
    }
}

/// Somebody's connection on which nobody writes by themselves, and who is at its other end.
pub(crate) fn connection(user: UserId, session: SessionId) -> (Arc<Connection>, Ear) {
    connection_by(&Arc::default(), user, session)
}

/// As [`connection`], and these flushers write.
pub(crate) fn connection_by(flushers: &Arc<Flushers>, user: UserId, session: SessionId) -> (Arc<Connection>, Ear) {
    let mouth = Arc::new(Mouth::default());
    let line = Line::new(Arc::clone(&mouth) as _, Arc::clone(flushers));
    (Arc::new(Connection::new(user, session, "somebody", Arc::clone(&line))), Ear { mouth, line })
}
