//! One WebSocket as the rest of the node sees it: its person and session, and its outbound queue.

use crate::outbound::{Frame, Outbound};
use protocol::{CloseCode, ServerFrame, SessionId, UserId};
use std::sync::Arc;
use uuid::Uuid;

/// Queued bytes above which awareness frames are dropped.
pub const AWARENESS_BYTES: usize = crate::outbound::QUEUE_BYTES / 16;

/// A connection, shared by its own task (which ends it) and by the registry of the hub.
pub struct Connection {
    /// Tells connections of one session apart.
    pub id: Uuid,
    pub user: UserId,
    pub session: SessionId,
    /// As others see the person.
    pub name: Box<str>,
    pub outbound: Arc<Outbound>,
}

impl Connection {
    pub fn new(user: UserId, session: SessionId, name: &str, outbound: Arc<Outbound>) -> Self {
        Self { id: Uuid::now_v7(), user, session, name: name.into(), outbound }
    }

    /// Queues a frame. Never waits: a reader that is too slow is closed.
    pub fn send(&self, frame: &ServerFrame) {
        self.outbound.send(Frame::encode(frame));
    }

    /// Queues an awareness frame unless more than [`AWARENESS_BYTES`] wait. Returns false if it was dropped.
    pub(crate) fn try_send_awareness(&self, frame: &Frame) -> bool {
        let has_room = self.outbound.queued() <= AWARENESS_BYTES;
        if has_room {
            self.outbound.send(frame.clone());
        }
        has_room
    }

    /// Asks the connection's task to close; the first reason counts.
    pub fn close(&self, code: CloseCode) {
        self.outbound.close(code);
    }
}
