//! A device that a test steps by hand, and short names for what it hears.

use client::{Effect, Engine, HistoryRequest, Input, Now, Row, RowState, View};
use protocol::limits::HEARTBEAT_INTERVAL_MS;
use protocol::{
    ApiError, ClientFrame, ClientId, ErrorCode, HistoryPage, Message, MessageKind, PROTOCOL_VERSION, Posting, Rev,
    Role, RoomId, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent, UnixMillis, User, UserId,
};
use uuid::Uuid;

pub(crate) const ME: u128 = 1;
pub(crate) const BOB: u128 = 2;
/// The room of most tests.
pub(crate) const TEA: RoomId = room(7);

pub(crate) const fn room(number: u128) -> RoomId {
    RoomId(Uuid::from_u128(number))
}

pub(crate) const fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

/// Tries a failed message again, under this id where it was refused.
pub(crate) const fn retry(number: u128, anew: u128) -> Input {
    Input::Retry { client_id: client_id(number), anew: client_id(anew) }
}

pub(crate) const fn client_id(number: u128) -> ClientId {
    ClientId(Uuid::from_u128(number))
}

pub(crate) fn user(number: u128) -> User {
    User {
        id: user_id(number),
        username: format!("user{number}"),
        display_name: format!("User {number}"),
        is_admin: false,
        created_at: UnixMillis(0),
        receipts: true,
    }
}

/// A text; others' messages have ids that follow from room and number.
pub(crate) fn text(room: RoomId, seq: i64, sender: u128) -> Message {
    Message {
        room_id: room,
        seq: Seq(seq),
        rev: Rev(0),
        sender_id: user_id(sender),
        sender_name: format!("User {sender}"),
        client_id: client_id((room.0.as_u128() << 64) + seq as u128),
        kind: MessageKind::Text,
        body: format!("message {seq}"),
        event: None,
        reply_to: None,
        created_at: UnixMillis(seq * 1_000),
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
    }
}

pub(crate) fn fact(room: RoomId, seq: i64, sender: u128, event: SystemEvent) -> Message {
    Message { kind: MessageKind::System, body: String::new(), event: Some(event), ..text(room, seq, sender) }
}

/// A room with messages of somebody else up to `last`, read up to `read`.
pub(crate) fn summary(id: RoomId, last: i64, read: i64) -> RoomSummary {
    RoomSummary {
        id,
        kind: RoomKind::Group,
        name: "Tea".into(),
        last_seq: Seq(last),
        last_rev: Rev(0),
        read_seq: Seq(read),
        unread: last - read,
        last_message: (last > 0).then(|| text(id, last, BOB)),
        members_count: 2,
        role: Some(Role::Member),
        other: None,
        other_mark: None,
        topic: None,
        archived_at: None,
        posting: Posting::Everybody,
    }
}

pub(crate) fn page(room: RoomId, seqs: std::ops::RangeInclusive<i64>) -> HistoryPage {
    let next_cursor = (*seqs.start() > 1).then_some(Seq(*seqs.start()));
    HistoryPage { messages: seqs.map(|seq| text(room, seq, BOB)).collect(), next_cursor, rev: Rev(0) }
}

pub(crate) fn welcome(rooms: Vec<RoomSummary>) -> ServerFrame {
    let epoch = Uuid::from_u128(99);
    let (protocol, gone, server_time) = (PROTOCOL_VERSION, Vec::new(), UnixMillis(0));
    ServerFrame::Welcome { protocol, epoch, rooms, more: false, gone, people_rev: None, server_time }
}

pub(crate) fn ack(id: u128, seq: i64) -> ServerFrame {
    let created_at = UnixMillis(seq * 1_000);
    ServerFrame::Ack { client_id: client_id(id), room_id: TEA, seq: Seq(seq), rev: Rev(0), created_at }
}

pub(crate) fn nack(id: u128, code: ErrorCode) -> ServerFrame {
    ServerFrame::Nack {
        client_id: client_id(id),
        code,
        message: "No.".into(),
        retryable: code.retryable(),
        retry_after_ms: None,
    }
}

/// An engine and the time around it.
pub(crate) struct Device {
    pub(crate) engine: Engine,
    pub(crate) now: u64,
    pub(crate) wall: i64,
    pub(crate) random: u64,
}

impl Device {
    pub(crate) fn new(rooms: Vec<RoomSummary>, open: Option<(RoomId, HistoryPage)>) -> Self {
        Self { engine: Engine::new(user(ME), rooms, open), now: 1_000_000, wall: 5, random: 0 }
    }

    /// Online in one room that is on the screen: ten messages, all read.
    pub(crate) fn in_tea() -> Self {
        let rooms = vec![summary(TEA, 10, 10)];
        let mut device = Self::new(rooms.clone(), Some((TEA, page(TEA, 1..=10))));
        device.go_online(rooms);
        device
    }

    pub(crate) fn input(&mut self, input: Input) -> Vec<Effect> {
        let now = Now { monotonic_ms: self.now, wall: UnixMillis(self.wall), random: self.random };
        self.engine.handle(now, input)
    }

    pub(crate) fn frame(&mut self, frame: ServerFrame) -> Vec<Effect> {
        self.input(Input::Frame(frame))
    }

    pub(crate) fn receive(&mut self, message: Message) -> Vec<Effect> {
        self.frame(ServerFrame::New { message })
    }

    /// Lets time pass, then wakes the engine.
    pub(crate) fn wait(&mut self, ms: u64) -> Vec<Effect> {
        self.now += ms;
        self.input(Input::Wake)
    }

    /// Lets time pass, and wakes the engine as often as a host would at most.
    pub(crate) fn pass(&mut self, ms: u64) -> Vec<Effect> {
        let (whole, rest) = (ms / 1_000, ms % 1_000);
        let steps = std::iter::repeat_n(1_000, whole as usize).chain([rest]);
        steps.flat_map(|step| self.wait(step)).collect()
    }

    /// Lets time pass on a healthy connection.
    pub(crate) fn stay_online(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.wait(HEARTBEAT_INTERVAL_MS.min(end - self.now));
            self.frame(ServerFrame::Heartbeat {});
        }
    }

    pub(crate) fn go_online(&mut self, rooms: Vec<RoomSummary>) -> Vec<Effect> {
        let mut effects = self.input(Input::ConnectNow);
        effects.extend(self.input(Input::Connected));
        effects.extend(self.frame(welcome(rooms)));
        effects
    }

    pub(crate) fn send(&mut self, id: u128, body: &str) -> Vec<Effect> {
        self.input(Input::Send { client_id: client_id(id), room_id: TEA, body: body.into(), reply_to: None })
    }

    pub(crate) fn answer(&mut self, request: HistoryRequest, page: HistoryPage) -> Vec<Effect> {
        self.answer_of(0, request, page)
    }

    /// As `answer`, to what was asked after so many changes of the epoch.
    pub(crate) fn answer_of(&mut self, generation: u32, request: HistoryRequest, page: HistoryPage) -> Vec<Effect> {
        self.input(Input::History { room_id: TEA, request, generation, result: Ok(page) })
    }

    /// The server sends what follows number `after`, without revisions.
    pub(crate) fn batch(&mut self, after: i64, rows: Vec<Message>, more: bool) -> Vec<Effect> {
        let last = rows.last().map_or(after, |row| row.seq.0);
        let (from, to) = ((Seq(after), Rev(0)), (Seq(last), Rev(0)));
        self.frame(ServerFrame::Offline { room_id: TEA, from, rows, to, more })
    }

    pub(crate) fn no_answer(&mut self, request: HistoryRequest, code: ErrorCode) -> Vec<Effect> {
        let error = ApiError { code, message: "No.".into() };
        self.input(Input::History { room_id: TEA, request, generation: 0, result: Err(error) })
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        self.engine.rows(TEA)
    }

    /// The numbers of the rows on the screen.
    pub(crate) fn seqs(&self) -> Vec<i64> {
        self.rows().iter().map(|row| row.message.seq.0).collect()
    }

    /// Keys and states of one's own rows that are not in place yet, or just came there: the last `count`.
    pub(crate) fn ends(&self, count: usize) -> Vec<(u128, RowState)> {
        let rows = self.rows();
        rows[rows.len() - count..].iter().map(|row| (row.key().0.as_u128(), row.state.clone())).collect()
    }

    pub(crate) fn unread(&self) -> i64 {
        self.engine.room(TEA).map_or(-1, |room| room.unread)
    }
}

pub(crate) fn sent(effects: &[Effect]) -> Vec<ClientFrame> {
    let frame = |effect: &Effect| match effect {
        // What the device shows is told beside everything else: `awareness` looks at that, `silence` at pings, `people` at
        // questions about names.
        Effect::Transmit(ClientFrame::Focus { .. } | ClientFrame::Ping {} | ClientFrame::PeopleGet { .. }) => None,
        Effect::Transmit(frame) => Some(frame.clone()),
        _ => None,
    };
    effects.iter().filter_map(frame).collect()
}

/// Ids of the messages sent.
pub(crate) fn messages(effects: &[Effect]) -> Vec<u128> {
    let id = |frame: ClientFrame| match frame {
        ClientFrame::Send { client_id, .. } => Some(client_id.0.as_u128()),
        _ => None,
    };
    sent(effects).into_iter().filter_map(id).collect()
}

pub(crate) fn fetched(effects: &[Effect]) -> Vec<HistoryRequest> {
    let request = |effect: &Effect| match effect {
        Effect::FetchHistory { request, .. } => Some(*request),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

/// The numbers after which the server was asked for what was missed.
pub(crate) fn synced(effects: &[Effect]) -> Vec<i64> {
    let after = |frame| match frame {
        ClientFrame::SyncMore { seq, .. } => Some(seq.0),
        _ => None,
    };
    sent(effects).into_iter().filter_map(after).collect()
}

/// Texts of somebody else.
pub(crate) fn texts(seqs: std::ops::RangeInclusive<i64>) -> Vec<Message> {
    seqs.map(|seq| text(TEA, seq, BOB)).collect()
}

pub(crate) fn changed(effects: &[Effect]) -> Vec<View> {
    let view = |effect: &Effect| match effect {
        Effect::Changed(view) => Some(*view),
        _ => None,
    };
    effects.iter().filter_map(view).collect()
}
