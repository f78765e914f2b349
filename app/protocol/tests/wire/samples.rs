//! One frame of each type, and what they are made of.

use protocol::{
    ClientFrame, ClientId, Cursor, ErrorCode, Mark, Message, MessageKind, PROTOCOL_VERSION, Person, Posting, Presence,
    PresenceState, Reaction, Rev, Role, RoomHead, RoomId, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent,
    UnixMillis, User, UserId,
};
use uuid::Uuid;

pub(crate) const ROOM: RoomId = RoomId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001));
pub(crate) const OTHER_ROOM: RoomId = RoomId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002));
pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0003));
pub(crate) const BOB: UserId = UserId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0004));
pub(crate) const CLIENT_ID: ClientId = ClientId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0005));
pub(crate) const EPOCH: Uuid = Uuid::from_u128(0x0198_0000_0000_4000_8000_0000_0000_0006);
pub(crate) const TIME: UnixMillis = UnixMillis(1_750_000_000_123);

pub(crate) fn bob() -> Person {
    Person { id: BOB, rev: 7, username: "bob".into(), display_name: "Robert".into() }
}

pub(crate) fn client_frames() -> Vec<ClientFrame> {
    vec![
        ClientFrame::Hello {
            protocol: PROTOCOL_VERSION,
            epoch: Some(EPOCH),
            cursors: vec![Cursor(ROOM, Seq(12), Rev(0)), Cursor(OTHER_ROOM, Seq(0), Rev(3))],
        },
        ClientFrame::Send {
            client_id: CLIENT_ID,
            room_id: ROOM,
            body: "Tea “at” five?\nBring cake \u{1f370}".into(),
            reply_to: Some(Seq(11)),
        },
        ClientFrame::Edit { client_id: CLIENT_ID, room_id: ROOM, seq: Seq(13), body: "Six it is.".into() },
        ClientFrame::Delete { client_id: CLIENT_ID, room_id: ROOM, seq: Seq(13) },
        ClientFrame::React { client_id: CLIENT_ID, room_id: ROOM, seq: Seq(13), emoji: "\u{1f44d}".into(), on: true },
        ClientFrame::SyncMore { room_id: ROOM, seq: Seq(12), rev: Rev(3) },
        ClientFrame::Delivered { room_id: ROOM, seq: Seq(12) },
        ClientFrame::Read { room_id: ROOM, seq: Seq(11) },
        ClientFrame::Focus { room_id: Some(ROOM), users: vec![ADA, BOB], away: true },
        ClientFrame::PeopleGet { since: -1, ids: vec![ADA, BOB] },
        ClientFrame::TypingStart { room_id: ROOM },
        ClientFrame::TypingStop { room_id: ROOM },
        ClientFrame::Unreadable { kind: "message:new".into() },
        ClientFrame::Ping {},
    ]
}

pub(crate) fn server_frames() -> Vec<ServerFrame> {
    vec![
        ServerFrame::Welcome {
            protocol: PROTOCOL_VERSION,
            epoch: EPOCH,
            rooms: vec![group()],
            more: true,
            gone: vec![OTHER_ROOM],
            people_rev: Some(7),
            server_time: TIME,
        },
        ServerFrame::Rooms { rooms: vec![direct()], more: false },
        ServerFrame::Offline {
            room_id: ROOM,
            from: (Seq(12), Rev(0)),
            rows: vec![text()],
            to: (Seq(13), Rev(2)),
            more: true,
        },
        ServerFrame::Reset { room: group(), rows: vec![text()], to: (Seq(13), Rev(2)) },
        ServerFrame::SyncDone {},
        ServerFrame::Ack { client_id: CLIENT_ID, room_id: ROOM, seq: Seq(13), rev: Rev(0), created_at: TIME },
        ServerFrame::Nack {
            client_id: CLIENT_ID,
            code: ErrorCode::Unavailable,
            message: "Try again.".into(),
            retryable: true,
            retry_after_ms: None,
        },
        ServerFrame::New { message: text() },
        ServerFrame::Changed { message: tombstone() },
        ServerFrame::Reacted {
            room_id: ROOM,
            seq: Seq(13),
            rev: Rev(4),
            user_id: BOB,
            emoji: "\u{1f44d}".into(),
            on: true,
        },
        ServerFrame::Status { room_id: ROOM, marks: vec![Mark(ADA, Seq(13), Seq(12)), Mark(BOB, Seq(11), Seq(0))] },
        ServerFrame::RoomChanged { room: group() },
        ServerFrame::RoomGone { room_id: ROOM },
        ServerFrame::Heads { rooms: vec![RoomHead(ROOM, Seq(13), Rev(0)), RoomHead(OTHER_ROOM, Seq(1), Rev(3))] },
        ServerFrame::TypingStart { room_id: ROOM, user_id: ADA, name: "Ada".into() },
        ServerFrame::TypingStop { room_id: ROOM, user_id: ADA },
        ServerFrame::Presence {
            users: vec![
                Presence(ADA, PresenceState::Online, UnixMillis(0)),
                Presence(BOB, PresenceState::Offline, TIME),
            ],
        },
        ServerFrame::People { people: vec![bob()], rev: 7 },
        ServerFrame::PersonChanged { person: bob() },
        ServerFrame::Heartbeat {},
        ServerFrame::GoAway { retry_after_ms: 1_250 },
        ServerFrame::Error { code: ErrorCode::Invalid, message: "type: not known here.".into(), retryable: false },
    ]
}

/// The name of a frame's type in code. A new variant does not compile until it has one, which sends its author to the
/// lists above.
pub(crate) fn client_variant(frame: &ClientFrame) -> &'static str {
    match frame {
        ClientFrame::Hello { .. } => "hello",
        ClientFrame::Send { .. } => "message:send",
        ClientFrame::Edit { .. } => "message:edit",
        ClientFrame::Delete { .. } => "message:delete",
        ClientFrame::React { .. } => "reaction:set",
        ClientFrame::SyncMore { .. } => "sync:more",
        ClientFrame::Delivered { .. } => "message:delivered",
        ClientFrame::Read { .. } => "message:read",
        ClientFrame::Focus { .. } => "focus",
        ClientFrame::PeopleGet { .. } => "people:get",
        ClientFrame::TypingStart { .. } => "typing:start",
        ClientFrame::TypingStop { .. } => "typing:stop",
        ClientFrame::Unreadable { .. } => "frame:unreadable",
        ClientFrame::Ping { .. } => "ping",
    }
}

pub(crate) fn server_variant(frame: &ServerFrame) -> &'static str {
    match frame {
        ServerFrame::Welcome { .. } => "welcome",
        ServerFrame::Rooms { .. } => "rooms",
        ServerFrame::Offline { .. } => "messages:offline",
        ServerFrame::Reset { .. } => "room:reset",
        ServerFrame::SyncDone { .. } => "sync:done",
        ServerFrame::Ack { .. } => "message:ack",
        ServerFrame::Nack { .. } => "message:nack",
        ServerFrame::New { .. } => "message:new",
        ServerFrame::Changed { .. } => "message:changed",
        ServerFrame::Reacted { .. } => "reaction:changed",
        ServerFrame::Status { .. } => "message:status",
        ServerFrame::RoomChanged { .. } => "room:changed",
        ServerFrame::RoomGone { .. } => "room:gone",
        ServerFrame::Heads { .. } => "heads",
        ServerFrame::TypingStart { .. } => "typing:start",
        ServerFrame::TypingStop { .. } => "typing:stop",
        ServerFrame::Presence { .. } => "presence:change",
        ServerFrame::People { .. } => "people",
        ServerFrame::PersonChanged { .. } => "person:changed",
        ServerFrame::Heartbeat { .. } => "heartbeat",
        ServerFrame::GoAway { .. } => "goaway",
        ServerFrame::Error { .. } => "error",
    }
}

pub(crate) fn text() -> Message {
    Message {
        room_id: ROOM,
        seq: Seq(13),
        rev: Rev(2),
        sender_id: ADA,
        sender_name: "Ada L.".into(),
        client_id: CLIENT_ID,
        kind: MessageKind::Text,
        body: "Five it is.".into(),
        event: None,
        reply_to: Some(Seq(12)),
        created_at: TIME,
        edited_at: Some(UnixMillis(TIME.0 + 5_000)),
        deleted_at: None,
        reactions: vec![Reaction { emoji: "\u{1f44d}".into(), users: vec![ADA, BOB] }],
    }
}

pub(crate) fn tombstone() -> Message {
    let deleted_at = Some(UnixMillis(TIME.0 + 9_000));
    Message { rev: Rev(3), body: String::new(), deleted_at, reactions: Vec::new(), ..text() }
}

pub(crate) fn fact(event: SystemEvent) -> Message {
    let none =
        Message { rev: Rev(0), body: String::new(), reply_to: None, edited_at: None, reactions: Vec::new(), ..text() };
    Message { kind: MessageKind::System, event: Some(event), ..none }
}

pub(crate) fn group() -> RoomSummary {
    RoomSummary {
        id: ROOM,
        kind: RoomKind::Group,
        name: "Tea & cake".into(),
        last_seq: Seq(13),
        last_rev: Rev(2),
        read_seq: Seq(11),
        unread: 1,
        last_message: Some(fact(SystemEvent::Added { user_id: BOB, display_name: "Bob".into() })),
        members_count: 3,
        role: Some(Role::Owner),
        other: None,
        other_mark: None,
        topic: Some("When and where".into()),
        archived_at: Some(TIME),
        posting: Posting::Admins,
    }
}

pub(crate) fn direct() -> RoomSummary {
    let other = User {
        id: BOB,
        username: "bob".into(),
        display_name: "Bob".into(),
        is_admin: false,
        created_at: UnixMillis(TIME.0 - 1_000),
        receipts: true,
    };
    RoomSummary {
        id: OTHER_ROOM,
        kind: RoomKind::Direct,
        name: "Bob".into(),
        last_seq: Seq(0),
        last_rev: Rev(0),
        read_seq: Seq(0),
        unread: 0,
        last_message: None,
        members_count: 2,
        role: Some(Role::Member),
        other: Some(other),
        other_mark: Some(Mark(BOB, Seq(0), Seq(0))),
        topic: None,
        archived_at: None,
        posting: Posting::Everybody,
    }
}
