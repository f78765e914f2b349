//! Dispatches a client's frames to `chat`: decodes, checks limits, answers. A frame that cannot be decoded gets an `error`, and the
//! connection stays open.

use super::catch_up::{CatchUp, lowest};
use crate::Error;
use crate::budget::{Budget, FrameLimit, Read};
use crate::hub::Connection;
use crate::outbound::Frame;
use crate::rules::{Chat, Reply};
use protocol::limits::{HELLO_CURSORS, TYPING_INTERVAL_MS};
use protocol::{
    ApiError, ClientFrame, ClientId, CloseCode, Cursor, PROTOCOL_VERSION, RoomId, RoomSummary, Seq, ServerFrame,
    Unreadable,
};
use std::sync::Arc;
use std::time::Duration;
use store::{Revision, cut};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// Frames above the limit that are answered. After that the connection is closed.
pub const EXCESS_FRAMES_MAX: u32 = 100;
/// Reports of unreadable frames that are counted; a page sends one per kind. Later ones are ignored.
pub const UNREADABLE_REPORTS: u32 = 32;

/// The protocol state of one connection.
pub struct Dispatch {
    chat: Arc<Chat>,
    /// Receives the answers.
    connection: Arc<Connection>,
    budget: Arc<Budget>,
    /// How many more frames this connection may send.
    frames: FrameLimit,
    /// Frames beyond that.
    excess: u32,
    /// Frames that the client reported as unreadable.
    unreadable: u32,
    /// Where the person was typing last, and when that was published.
    typed: Option<(RoomId, Instant)>,
    /// Whether `hello` was handled: only then is the connection in its rooms.
    greeted: bool,
    /// The pending catch-up. Boxed: most connections have none most of the time.
    catch_up: Option<Box<CatchUp>>,
    /// Whether `sync:done` was sent.
    done: bool,
}

impl Dispatch {
    pub fn new(chat: Arc<Chat>, connection: Arc<Connection>, budget: Arc<Budget>) -> Self {
        let frames = budget.frames();
        Self {
            chat,
            connection,
            budget,
            frames,
            excess: 0,
            unreadable: 0,
            typed: None,
            greeted: false,
            catch_up: None,
            done: false,
        }
    }

    /// Takes one text frame. Does not wait for a message to be stored: the writer answers by itself.
    pub async fn frame(&mut self, text: &str) {
        let done = match self.budget.frame(&self.frames).and_then(|()| decode(text)) {
            Ok(frame) => self.handle(frame).await,
            Err(error @ Error::RateLimited { .. }) => {
                self.excess += 1;
                if self.excess > EXCESS_FRAMES_MAX {
                    return self.connection.close(CloseCode::RateLimited);
                }
                Err(error)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            self.connection.send(&ServerFrame::error(error.into_api()));
        }
        let is_paused = self.catch_up.as_ref().is_some_and(|catch_up| catch_up.is_paused());
        if self.is_catching_up() && !is_paused && self.connection.outbound.is_drained() {
            self.catch_up_next().await;
        }
    }

    async fn handle(&mut self, frame: ClientFrame) -> Result<(), Error> {
        match frame {
            ClientFrame::Hello { protocol, epoch, cursors } => self.hello(protocol, epoch, &cursors).await,
            ClientFrame::Ping {} => {
                self.connection.outbound.send(Frame::heartbeat());
                Ok(())
            }
            _ if !self.greeted => Err(Error::Invalid("type: the first frame of a connection must be hello.".into())),
            ClientFrame::Send { client_id, room_id, body, reply_to } => {
                // The next typing frame is published again.
                self.typed = None;
                let reply = Reply::Socket(Arc::clone(&self.connection));
                if let Err(error) = self.budget.write(self.connection.user, body.len()) {
                    reply.refuse(client_id, error);
                    return Ok(());
                }
                self.chat.send(self.connection.user, room_id, client_id, &body, reply_to, reply).await;
                Ok(())
            }
            ClientFrame::Edit { client_id, room_id, seq, body } => {
                self.revise(room_id, seq, client_id, Revision::Edit { body }).await
            }
            ClientFrame::Delete { client_id, room_id, seq } => {
                self.revise(room_id, seq, client_id, Revision::Delete).await
            }
            ClientFrame::React { client_id, room_id, seq, emoji, on } => {
                self.revise(room_id, seq, client_id, Revision::React { emoji, on }).await
            }
            ClientFrame::SyncMore { room_id, seq, rev } => self.ask(Cursor(room_id, seq, rev)),
            ClientFrame::Focus { room_id, users, away } => {
                if !users.is_empty() {
                    self.budget.read(self.connection.user, Read::Focus)?;
                }
                self.chat.focus(&self.connection, room_id, users, away).await
            }
            ClientFrame::PeopleGet { since, ids } => {
                let (people, rev) = self.chat.list_people(since, &ids).await?;
                self.connection.send(&ServerFrame::People { people, rev });
                Ok(())
            }
            ClientFrame::TypingStart { room_id } => self.typing(room_id),
            ClientFrame::TypingStop { room_id } => {
                // A start that was not published has no end to publish.
                if self.typed.take().is_some_and(|(typed, _)| typed == room_id) {
                    return self.publish_typing(room_id, false);
                }
                Ok(())
            }
            ClientFrame::Unreadable { kind } => {
                if self.unreadable < UNREADABLE_REPORTS {
                    self.unreadable += 1;
                    self.chat.count_unreadable(Unreadable::kind_of(&kind));
                }
                Ok(())
            }
            ClientFrame::Delivered { room_id, seq } => self.mark(room_id, seq, Seq(0)),
            ClientFrame::Read { room_id, seq } => self.mark(room_id, seq, seq),
        }
    }

    async fn hello(&mut self, protocol: u32, held: Option<Uuid>, cursors: &[Cursor]) -> Result<(), Error> {
        if self.greeted {
            return Err(Error::Invalid("type: hello was said already on this connection.".into()));
        }
        if protocol < PROTOCOL_VERSION {
            return self.refuse_version().await;
        }
        if protocol > PROTOCOL_VERSION {
            let problem = format!("protocol: this server speaks version {PROTOCOL_VERSION}, not yet {protocol}.");
            return Err(Error::Invalid(problem));
        }
        if cursors.len() > HELLO_CURSORS {
            let problem = format!("cursors: at most {HELLO_CURSORS}, these are {}.", cursors.len());
            return Err(Error::Invalid(problem));
        }
        self.budget.read(self.connection.user, Read::Hello)?;
        let epoch = self.chat.epoch_beside(held).await?;
        let rooms = self.chat.connect(&self.connection).await?;
        let people_rev = Some(self.chat.people_rev().await?);
        self.greeted = true;
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        let cursors = lowest(cursors);
        let gone = cursors.iter().map(|cursor| cursor.0).filter(|room| !ids.contains(room)).collect();
        let server_time = self.chat.now();
        // Cursors of another epoch say nothing about this one.
        let cursors = if held.is_none_or(|held| held == epoch) { cursors } else { Vec::new() };
        self.catch_up = Some(Box::new(CatchUp::of(&cursors, &rooms)));
        let mut pages = self.pages(rooms).into_iter().peekable();
        let (rooms, more) = (pages.next().unwrap_or_default(), pages.peek().is_some());
        let protocol = PROTOCOL_VERSION;
        self.connection.send(&ServerFrame::Welcome { protocol, epoch, rooms, more, gone, people_rev, server_time });
        while let Some(rooms) = pages.next() {
            self.ready().await;
            self.connection.send(&ServerFrame::Rooms { rooms, more: pages.peek().is_some() });
        }
        self.chat.send_heads(&self.connection, &ids);
        self.send_done();
        Ok(())
    }

    /// The list of rooms in parts that are bounded in bytes.
    fn pages(&self, mut rooms: Vec<RoomSummary>) -> Vec<Vec<RoomSummary>> {
        let mut pages = Vec::new();
        while !rooms.is_empty() {
            let rest = rooms.split_off(cut::fitting(&rooms, self.chat.reach.welcome_bytes));
            pages.push(std::mem::replace(&mut rooms, rest));
        }
        pages
    }

    /// Answers the `hello` of an earlier protocol version with a `welcome` that it can read: its page asks for a reload and keeps its
    /// outbox. Nothing else is sent on this connection.
    async fn refuse_version(&self) -> Result<(), Error> {
        self.connection.send(&ServerFrame::Welcome {
            protocol: PROTOCOL_VERSION,
            epoch: self.chat.epoch().await?,
            rooms: Vec::new(),
            more: false,
            gone: Vec::new(),
            people_rev: None,
            server_time: self.chat.now(),
        });
        Ok(())
    }

    /// Takes a cursor whose batch is to be sent.
    fn ask(&mut self, cursor: Cursor) -> Result<(), Error> {
        if self.catch_up.get_or_insert_default().ask(cursor) {
            return Ok(());
        }
        Err(Error::Unavailable("a device asks for too many rooms at once".into()))
    }

    pub(crate) const fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Whether batches are to be sent.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.catch_up.as_ref().is_some_and(|catch_up| catch_up.is_waiting())
    }

    /// Returns once the next batch may be sent. May be dropped and called again.
    pub async fn ready(&self) {
        if let Some(until) = self.catch_up.as_ref().and_then(|catch_up| catch_up.paused_until()) {
            sleep_until(until).await;
        }
        if self.chat.has_flow_control() {
            self.connection.outbound.drained().await;
        }
    }

    /// Sends the batch that follows the cursor which has waited longest.
    pub(crate) async fn catch_up_next(&mut self) {
        let Some(catch_up) = &mut self.catch_up else { return };
        if let Err(wait) = self.budget.batch(self.connection.user) {
            return catch_up.pause(Instant::now() + wait);
        }
        let Some(cursor) = catch_up.next() else { return };
        match self.chat.catch_up(self.connection.user, cursor).await {
            Ok((frame, more)) => {
                self.connection.send(&frame);
                if !more {
                    catch_up.finish(cursor.0);
                }
                self.send_done();
            }
            Err(error) => {
                catch_up.fail();
                self.connection.send(&ServerFrame::error(error.into_api()));
            }
        }
    }

    /// Sends `sync:done`, once, when everything that `hello` asked for was sent.
    fn send_done(&mut self) {
        let Some(catch_up) = &self.catch_up else { return };
        if !catch_up.is_complete() {
            return;
        }
        if !std::mem::replace(&mut self.done, true) {
            self.connection.send(&ServerFrame::SyncDone {});
        }
        if !catch_up.is_waiting() {
            self.catch_up = None;
        }
    }

    async fn revise(&self, room: RoomId, seq: Seq, client_id: ClientId, revision: Revision) -> Result<(), Error> {
        match self.budget.write(self.connection.user, revision.bytes()) {
            Ok(()) => self.chat.revise_for(&self.connection, room, seq, client_id, revision).await,
            Err(error) => Reply::Socket(Arc::clone(&self.connection)).refuse(client_id, error),
        }
        Ok(())
    }

    /// Throttles `typing:start`: it is published at most twice per [`TYPING_INTERVAL_MS`].
    fn typing(&mut self, room: RoomId) -> Result<(), Error> {
        let pause = Duration::from_millis(TYPING_INTERVAL_MS / 2);
        if self.typed.is_some_and(|(typed, at)| typed == room && at.elapsed() < pause) {
            return Ok(());
        }
        self.publish_typing(room, true)?;
        self.typed = Some((room, Instant::now()));
        Ok(())
    }

    /// Publishes typing within the person's budget, across rooms and devices.
    fn publish_typing(&self, room: RoomId, typing: bool) -> Result<(), Error> {
        if self.budget.typing(self.connection.user) {
            self.chat.typing(&self.connection, room, typing)?;
        }
        Ok(())
    }

    fn mark(&self, room: RoomId, delivered: Seq, read: Seq) -> Result<(), Error> {
        if !self.chat.mark(self.connection.user, room, delivered, read) {
            // This node may not know yet that the person is in the room: the device sends the mark again.
            let ApiError { code, message } = Error::NotFound("room").into_api();
            self.connection.send(&ServerFrame::Error { code, message, retryable: true });
        }
        Ok(())
    }
}

/// Decodes a frame. The error names what is wrong: not JSON, an unknown type, or a field.
fn decode(text: &str) -> Result<ClientFrame, Error> {
    ClientFrame::read(text)
        .map_err(|error| Error::Invalid(format!("The frame cannot be read as JSON with type and data: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        decode(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_with_a_frame_is_named() {
        let begins = |text, with: &str| {
            assert!(problem(text).starts_with(&format!("The frame cannot be read as JSON with type and data: {with}")))
        };
        begins("hello", "expected value");
        begins("7", "invalid type: integer `7`, expected an object");
        begins(r#"{"type":"shout","data":{}}"#, "type: unknown variant `shout`");
        begins(r#"{"type":"message:read","data":{"seq":1}}"#, "message:read: data: missing field `room_id`");
        begins(r#"{"data":{"room_id":"x","seq":1},"type":"message:read"}"#, "message:read: data.room_id: ");
    }

    #[test]
    fn every_type_of_the_table_is_understood() {
        for kind in ClientFrame::TYPES {
            let problem = problem(&format!(r#"{{"type":"{kind}","data":7}}"#));
            assert!(
                problem.starts_with(&format!("The frame cannot be read as JSON with type and data: {kind}: data: ")),
                "{problem}"
            );
        }
    }
}
