//! The largest frame of each type that a server can send, against the bound of that type.

use crate::outbound::{Frame, QUEUE_BYTES};
use crate::rules::reach::{BATCH_BYTES, HEADS_ROOMS, Reach, WELCOME_BYTES};
use protocol::limits::{
    BODY_CHARS, DISPLAY_NAME_CHARS, EMOJI_CHARS, EMOJI_KINDS, FOCUS_USERS, HELLO_CURSORS, PEOPLE_IDS, PREVIEW_CHARS,
    REACTIONS_MAX, RECEIPTS_MEMBERS, ROOM_NAME_CHARS, ROOMS_MAX, TOPIC_CHARS, USERNAME_CHARS,
};
use protocol::{
    ClientId, ErrorCode, Mark, Message, MessageKind, Person, Posting, Presence, PresenceState, Reaction, Rev, Role,
    RoomHead, RoomId, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent, UnixMillis, User, UserId,
};
use store::cut;
use uuid::Uuid;

const ID: Uuid = Uuid::max();
const LAST: i64 = i64::MIN;
/// A frame that holds nothing of varying length, or a few names.
const SMALL: usize = 4 * 1024;
/// One row: a text of an earlier version with control characters only, and all reactions that it can have.
const ROW: usize = 64 * 1024;
/// What a frame has around its rows or rooms.
const AROUND: usize = 8 * 1024;

fn name(chars: usize) -> String {
    "\u{1f426}".repeat(chars)
}

/// With the user name, as where another name looks the same.
fn shown_name() -> String {
    format!("{} @{}", name(DISPLAY_NAME_CHARS.1), "x".repeat(USERNAME_CHARS.1))
}

fn user() -> User {
    User {
        id: UserId(ID),
        username: "x".repeat(USERNAME_CHARS.1),
        display_name: name(DISPLAY_NAME_CHARS.1),
        is_admin: false,
        created_at: UnixMillis(LAST),
        receipts: false,
    }
}

/// An earlier version took control characters, which are six bytes each.
fn message(chars: usize) -> Message {
    let kinds = (0..EMOJI_KINDS).map(|kind| Reaction {
        emoji: name(EMOJI_CHARS.1),
        users: vec![UserId(ID); REACTIONS_MAX / EMOJI_KINDS + usize::from(kind < REACTIONS_MAX % EMOJI_KINDS)],
    });
    Message {
        room_id: RoomId(ID),
        seq: Seq(LAST),
        rev: Rev(LAST),
        sender_id: UserId(ID),
        sender_name: shown_name(),
        client_id: ClientId(ID),
        kind: MessageKind::Unknown,
        body: "\u{1}".repeat(chars),
        event: Some(SystemEvent::TopicChanged { topic: name(TOPIC_CHARS.1) }),
        reply_to: Some(Seq(LAST)),
        created_at: UnixMillis(LAST),
        edited_at: Some(UnixMillis(LAST)),
        deleted_at: Some(UnixMillis(LAST)),
        reactions: kinds.collect(),
    }
}

fn room() -> RoomSummary {
    RoomSummary {
        id: RoomId(ID),
        kind: RoomKind::Unknown,
        name: name(ROOM_NAME_CHARS.1),
        last_seq: Seq(LAST),
        last_rev: Rev(LAST),
        read_seq: Seq(LAST),
        unread: LAST,
        last_message: Some(message(PREVIEW_CHARS).preview()),
        members_count: LAST,
        role: Some(Role::Unknown),
        other: Some(user()),
        other_mark: Some(Mark(UserId(ID), Seq(LAST), Seq(LAST))),
        topic: Some(name(TOPIC_CHARS.1)),
        archived_at: Some(UnixMillis(LAST)),
        posting: Posting::Unknown,
    }
}

/// As many as a page takes.
fn rooms() -> Vec<RoomSummary> {
    let mut all = vec![room(); ROOMS_MAX as usize];
    all.truncate(cut::fitting(&all, Reach::default().welcome_bytes));
    all
}

fn rows() -> Vec<Message> {
    let mut all = vec![message(BODY_CHARS.1); 50];
    all.truncate(cut::fitting(&all, Reach::default().batch_bytes));
    all
}

fn person() -> Person {
    let (username, display_name) = ("x".repeat(USERNAME_CHARS.1), shown_name());
    Person { id: UserId(ID), rev: i64::MAX, username, display_name }
}

/// The largest frame of the type, and its bound in bytes.
fn largest(kind: &str) -> (ServerFrame, usize) {
    let (room_id, user_id, client_id) = (RoomId(ID), UserId(ID), ClientId(ID));
    let (seq, rev, to) = (Seq(LAST), Rev(LAST), (Seq(LAST), Rev(LAST)));
    // Sentences of ours that quote at most a name of a field or a type.
    let (code, text) = (ErrorCode::Unauthenticated, "\"".repeat(500));
    match kind {
        "welcome" => {
            let gone = vec![room_id; HELLO_CURSORS];
            let server_time = UnixMillis(LAST);
            let welcome = ServerFrame::Welcome {
                protocol: u32::MAX,
                epoch: ID,
                rooms: rooms(),
                more: true,
                gone,
                people_rev: Some(i64::MAX),
                server_time,
            };
            (welcome, WELCOME_BYTES + HELLO_CURSORS * 39 + AROUND)
        }
        "rooms" => (ServerFrame::Rooms { rooms: rooms(), more: false }, WELCOME_BYTES + AROUND),
        "messages:offline" => {
            (ServerFrame::Offline { room_id, from: to, rows: rows(), to, more: false }, BATCH_BYTES + AROUND)
        }
        "room:reset" => (ServerFrame::Reset { room: room(), rows: rows(), to }, BATCH_BYTES + AROUND),
        "sync:done" => (ServerFrame::SyncDone {}, SMALL),
        "heartbeat" => (ServerFrame::Heartbeat {}, SMALL),
        "message:ack" => (ServerFrame::Ack { client_id, room_id, seq, rev, created_at: UnixMillis(LAST) }, SMALL),
        "message:nack" => {
            (ServerFrame::Nack { client_id, code, message: text, retryable: false, retry_after_ms: None }, SMALL)
        }
        "message:new" => (ServerFrame::New { message: message(BODY_CHARS.1) }, ROW),
        "message:changed" => (ServerFrame::Changed { message: message(BODY_CHARS.1) }, ROW),
        "reaction:changed" => {
            (ServerFrame::Reacted { room_id, seq, rev, user_id, emoji: name(EMOJI_CHARS.1), on: false }, SMALL)
        }
        "message:status" => {
            let marks = vec![Mark(user_id, seq, seq); RECEIPTS_MEMBERS as usize];
            (ServerFrame::Status { room_id, marks }, 16 * 1024)
        }
        "room:changed" => (ServerFrame::RoomChanged { room: room() }, 2 * SMALL),
        "room:gone" => (ServerFrame::RoomGone { room_id }, SMALL),
        "heads" => (ServerFrame::Heads { rooms: vec![RoomHead(room_id, seq, rev); HEADS_ROOMS] }, 64 * 1024),
        "typing:start" => (ServerFrame::TypingStart { room_id, user_id, name: name(DISPLAY_NAME_CHARS.1) }, SMALL),
        "typing:stop" => (ServerFrame::TypingStop { room_id, user_id }, SMALL),
        "presence:change" => {
            let users = vec![Presence(user_id, PresenceState::Unknown, UnixMillis(LAST)); FOCUS_USERS];
            (ServerFrame::Presence { users }, 32 * 1024)
        }
        "people" => {
            let people = vec![person(); PEOPLE_IDS];
            (ServerFrame::People { people, rev: i64::MAX }, 192 * 1024)
        }
        "person:changed" => (ServerFrame::PersonChanged { person: person() }, SMALL),
        "goaway" => (ServerFrame::GoAway { retry_after_ms: u64::MAX }, SMALL),
        "error" => (ServerFrame::Error { code, message: text, retryable: false }, SMALL),
        other => panic!("{other} has no row in this table: how large can it be?"),
    }
}

#[test]
fn the_largest_frame_of_each_type_fits() {
    for kind in ServerFrame::TYPES {
        let (frame, bound) = largest(kind);
        let text = serde_json::to_value(&frame).unwrap();
        assert_eq!(text["type"], kind);
        let bytes = Frame::encode(&frame).len();
        assert!(bytes <= bound, "{kind}: {bytes} bytes, above {bound}");
        assert!(bound <= QUEUE_BYTES / 4, "{kind}: {bound} bytes would leave no room for others");
    }
}
