//! Messages: send, page through history, mark.

use super::{Chat, Reply};
use crate::Error;
use protocol::{ClientId, HistoryPage, Mark, Message, RoomId, Seq, UserId};
use store::{Append, Appended, HistoryRange, Rows};
use tokio::sync::oneshot;

impl Chat {
    /// Submits a message to the writer. The right to post is checked where it is stored; the answer goes to `reply`,
    /// after the commit. Waits a moment where the writer's queue is full.
    pub(crate) async fn send(
        &self,
        sender: UserId,
        room_id: RoomId,
        client_id: ClientId,
        body: &str,
        reply_to: Option<Seq>,
        reply: Reply,
    ) {
        match protocol::body(body) {
            Ok(body) => {
                let append =
                    Append { room_id, sender_id: sender, client_id, body, reply_to, created_at: self.clock.now() };
                self.writer.submit(append, reply).await;
            }
            Err(invalid) => reply.refuse(client_id, invalid.into()),
        }
    }

    /// As `send`, waiting for the answer: the stored message, and whether it was stored just now.
    pub async fn send_and_wait(
        &self,
        sender: UserId,
        room_id: RoomId,
        new: protocol::NewMessage,
    ) -> Result<(Message, bool), Error> {
        let (answer, answered) = oneshot::channel();
        self.send(sender, room_id, new.client_id, &new.body, new.reply_to, Reply::Wait(answer)).await;
        match answered.await.map_err(|_| Error::Unavailable("the writer has stopped".into()))?? {
            Appended::Stored(message) => Ok((message, true)),
            Appended::Repeated(message) => Ok((message, false)),
            refused => Err(super::writer::refusal(&refused)),
        }
    }

    /// A page of history, oldest first, in one query; a second one only for an empty page, to find the error.
    pub async fn history(
        &self,
        user: UserId,
        room: RoomId,
        range: HistoryRange,
        limit: i64,
    ) -> Result<HistoryPage, Error> {
        let limit = self.reach.page(limit);
        let Rows { messages, last_rev: rev, more, .. } = self.store.list_messages(user, room, range, limit).await?;
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
            self.access(user, room).await?;
            return Ok(HistoryPage { messages, next_cursor: None, rev });
        };
        let next_cursor = match range {
            HistoryRange::After(_) => more.then_some(last.seq),
            // Numbers have no gaps, so there is more as long as the first is not number 1.
            _ => (first.seq > Seq(1)).then_some(first.seq),
        };
        Ok(HistoryPage { messages, next_cursor, rev })
    }

    /// Queues a raise of a person's marks. Returns false without queuing if the person is not in the room on this node: the queue
    /// is bounded by the rooms of connected people.
    pub fn mark(&self, user: UserId, room: RoomId, delivered: Seq, read: Seq) -> bool {
        let is_in = self.hub.delivery.is_in(user, room);
        if is_in {
            self.receipts.mark(room, Mark(user, delivered.max(Seq(0)), read.max(Seq(0))));
        }
        is_in
    }
}
