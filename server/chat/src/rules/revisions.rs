//! Revisions: edit, delete, react. Each is one transaction of its own, since they are rare beside messages.

use super::writer::nack;
use super::{Chat, NO_ROOM};
use crate::Error;
use crate::hub::{Connection, StreamPosition};
use protocol::{ClientId, Message, Rev, RoomId, Seq, ServerFrame, UserId};
use std::sync::Arc;
use store::{Revise, Revised, Revision};

impl Chat {
    /// Stores a revision and sends it to the room. Returns the row afterwards, if it changed, and its `rev`.
    pub async fn revise(
        self: &Arc<Self>,
        user_id: UserId,
        room_id: RoomId,
        seq: Seq,
        client_id: ClientId,
        revision: Revision,
    ) -> Result<(Option<Message>, Rev), Error> {
        let revision = match revision {
            Revision::Edit { body } => Revision::Edit { body: protocol::body(&body)? },
            Revision::Delete => Revision::Delete,
            Revision::React { emoji, on } => Revision::React { emoji: protocol::emoji(&emoji)?, on },
        };
        let revise = Revise { room_id, seq, user_id, client_id, revision, now: self.clock.now() };
        self.complete(async move |chat| match chat.store.revise(&revise).await? {
            Revised::Stored(message) => {
                let rev = message.rev;
                let frame = match revise.revision {
                    // The other devices have the row: the difference is enough.
                    Revision::React { emoji, on } => ServerFrame::Reacted { room_id, seq, rev, user_id, emoji, on },
                    Revision::Edit { .. } | Revision::Delete => ServerFrame::Changed { message: message.clone() },
                };
                chat.hub.deliver(room_id, StreamPosition::Revision(rev), &frame);
                Ok((Some(message), rev))
            }
            Revised::Repeated(rev) => Ok((None, rev)),
            Revised::Conflict => Err(Error::Conflict("This revision's id was used for another message.")),
            Revised::NotMember => Err(NO_ROOM),
            Revised::NotFound => Err(Error::NotFound("message")),
            Revised::Forbidden(why) => Err(Error::Forbidden(why)),
            Revised::Impossible(why) => Err(Error::Conflict(why)),
        })
        .await
    }

    /// As [`Chat::revise`], for a socket: the answer is an `ack` or a `nack`.
    pub(crate) async fn revise_for(
        self: &Arc<Self>,
        connection: &Connection,
        room_id: RoomId,
        seq: Seq,
        client_id: ClientId,
        revision: Revision,
    ) {
        let answer = match self.revise(connection.user, room_id, seq, client_id, revision).await {
            Ok((_, rev)) => ServerFrame::Ack { client_id, room_id, seq, rev, created_at: self.clock.now() },
            Err(error) => nack(client_id, error),
        };
        connection.send(&answer);
    }

    /// One message of a room that the user may see.
    pub async fn find_message(&self, user: UserId, room: RoomId, seq: Seq) -> Result<Message, Error> {
        let page = self.history(user, room, store::HistoryRange::After(Seq(seq.0 - 1)), 1).await?;
        page.messages.into_iter().find(|message| message.seq == seq).ok_or(Error::NotFound("message"))
    }
}
