//! A server small enough to be right by looking at it: rooms in memory, one life, everybody a member of everything.

use crate::device::{fact, room, text, user_id};
use client::HistoryRequest;
use protocol::limits::{BATCH_ROWS, PAGE_DEFAULT, RESET_ROWS, UNREAD_MAX};
use protocol::{
    ClientId, Cursor, HistoryPage, Mark, Message, MessageKind, Posting, Rev, Role, RoomHead, RoomId, RoomKind,
    RoomSummary, Seq, ServerFrame, SystemEvent, UserId,
};
use std::collections::BTreeMap;

/// One room: number `n` is at `n - 1`.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) messages: Vec<Message>,
    name: String,
    read: BTreeMap<UserId, Seq>,
}

impl Log {
    pub(crate) fn head(&self) -> Seq {
        Seq(self.messages.len() as i64)
    }
}

pub(crate) struct Server {
    pub(crate) rooms: BTreeMap<RoomId, Log>,
}

impl Server {
    pub(crate) fn new(rooms: u128) -> Self {
        Self { rooms: (1..=rooms).map(|number| (room(number), Log::default())).collect() }
    }

    fn log(&mut self, id: RoomId) -> &mut Log {
        self.rooms.get_mut(&id).expect("devices know rooms of this server only")
    }

    /// The message as stored, and whether it was stored just now.
    pub(crate) fn send(&mut self, sender: UserId, id: ClientId, room: RoomId, body: String) -> (Message, bool) {
        let log = self.log(room);
        if let Some(original) = log.messages.iter().find(|old| old.sender_id == sender && old.client_id == id) {
            return (original.clone(), false);
        }
        let mut message = text(room, log.head().next().0, sender.0.as_u128());
        message.client_id = id;
        message.body = body;
        log.messages.push(message.clone());
        (message, true)
    }

    pub(crate) fn rename(&mut self, by: u128, room: RoomId, name: String) -> Message {
        let log = self.log(room);
        let event = SystemEvent::Renamed { name: name.clone() };
        let message = fact(room, log.head().next().0, by, event);
        log.name = name;
        log.messages.push(message.clone());
        message
    }

    /// The mark, if it moved.
    pub(crate) fn read(&mut self, user: UserId, room: RoomId, seq: Seq) -> Option<ServerFrame> {
        let log = self.log(room);
        let seq = seq.min(log.head());
        let mark = log.read.entry(user).or_default();
        (*mark < seq).then(|| {
            *mark = seq;
            ServerFrame::Status { room_id: room, marks: vec![Mark(user, seq, seq)] }
        })
    }

    pub(crate) fn summaries(&self, user: UserId) -> Vec<RoomSummary> {
        self.rooms.iter().map(|(id, log)| summary(*id, log, user)).collect()
    }

    pub(crate) fn heads(&self) -> ServerFrame {
        ServerFrame::Heads { rooms: self.rooms.iter().map(|(id, log)| RoomHead(*id, log.head(), Rev(0))).collect() }
    }

    pub(crate) fn page(&self, room: RoomId, request: HistoryRequest) -> HistoryPage {
        let all = &self.rooms[&room].messages;
        let index = |seq: i64| (seq.max(0) as usize).min(all.len());
        let size = PAGE_DEFAULT;
        let (from, to) = match request {
            HistoryRequest::Newest => (all.len() as i64 - size, all.len() as i64),
            HistoryRequest::Before(seq) => (seq.0 - 1 - size, seq.0 - 1),
        };
        HistoryPage { messages: all[index(from)..index(to)].to_vec(), next_cursor: None, rev: Rev(0) }
    }

    /// What follows the cursor: a batch, or the newest page where that is too much.
    pub(crate) fn batch(&self, user: UserId, Cursor(room_id, seq, rev): Cursor) -> ServerFrame {
        let log = &self.rooms[&room_id];
        let head = log.head();
        if seq > head || head.0 - seq.0 > RESET_ROWS {
            let rows = self.page(room_id, HistoryRequest::Newest).messages;
            return ServerFrame::Reset { room: summary(room_id, log, user), rows, to: (head, Rev(0)) };
        }
        let to = Seq(head.0.min(seq.0 + BATCH_ROWS));
        let rows = log.messages[seq.0 as usize..to.0 as usize].to_vec();
        ServerFrame::Offline { room_id, from: (seq, rev), rows, to: (to, Rev(0)), more: to < head }
    }
}

fn summary(id: RoomId, log: &Log, user: UserId) -> RoomSummary {
    let read_seq = log.read.get(&user).copied().unwrap_or_default();
    let unread =
        log.messages.iter().filter(|row| row.seq > read_seq && row.kind == MessageKind::Text && row.sender_id != user);
    RoomSummary {
        id,
        kind: RoomKind::Group,
        name: log.name.clone(),
        last_seq: log.head(),
        last_rev: Rev(0),
        read_seq,
        unread: (unread.count() as i64).min(UNREAD_MAX + 1),
        last_message: log.messages.last().map(Message::preview),
        members_count: 2,
        role: Some(if user == user_id(1) { Role::Owner } else { Role::Member }),
        other: None,
        other_mark: None,
        topic: None,
        archived_at: None,
        posting: Posting::Everybody,
    }
}
