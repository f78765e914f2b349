//! Devices of two people, the server, and everything between them that can go wrong. Time and chance are the test's.

use crate::device::{BOB, ME, client_id, room, user, user_id};
use crate::model::Server;
use client::{ConnectionState, Effect, Engine, HistoryRequest, Input, Now, RowState, View};
use protocol::limits::HEARTBEAT_INTERVAL_MS;
use protocol::{
    ApiError, ClientFrame, ClientId, Cursor, ErrorCode, HistoryPage, PROTOCOL_VERSION, Rev, RoomId, RoomSummary,
    ServerFrame, UnixMillis, UserId,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use testbed::{Chance, Disk};
use uuid::Uuid;

/// A socket as both sides see it.
#[derive(Default)]
pub(crate) struct Link {
    open: bool,
    up: VecDeque<ClientFrame>,
    down: VecDeque<ServerFrame>,
    /// The server sends what is new from here on.
    attached: bool,
    /// The snapshot that the server has read and not sent yet.
    snapshot: Option<Vec<RoomSummary>>,
    /// What the device holds, by its `hello`.
    cursors: Vec<Cursor>,
}

pub(crate) struct Peer {
    pub(crate) user: UserId,
    pub(crate) engine: Engine,
    wake: Option<u64>,
    link: Option<Link>,
    pages: Vec<(RoomId, HistoryRequest, u32)>,
    /// What the person sent, in order.
    pub(crate) sent: Vec<(RoomId, ClientId)>,
    pub(crate) open: Option<RoomId>,
    /// What survives a reload.
    disk: Disk,
    /// What the server rendered last, which the browser may show again.
    boot: Boot,
    /// Whether the storage was read in this page life.
    settled: bool,
}

type Boot = (Vec<RoomSummary>, Option<(RoomId, HistoryPage)>);

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) peers: Vec<Peer>,
    pub(crate) chance: Chance,
    pub(crate) now: u64,
    /// Whether things go wrong.
    pub(crate) faults: bool,
    ids: u128,
}

pub(crate) const ROOMS: u128 = 3;

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let server = Server::new(ROOMS);
        let peer = |number| Peer {
            user: user_id(number),
            engine: Engine::new(user(number), server.summaries(user_id(number)), None),
            wake: None,
            link: None,
            pages: Vec::new(),
            sent: Vec::new(),
            open: None,
            disk: Disk::default(),
            boot: (server.summaries(user_id(number)), None),
            settled: false,
        };
        let peers = vec![peer(ME), peer(ME), peer(BOB)];
        let mut world = Self { server, peers, chance: Chance::new(seed), now: 1_000, faults: true, ids: 0 };
        for index in 0..world.peers.len() {
            world.input(index, Input::BecomeLeader { rooms: true });
            world.input(index, Input::ConnectNow);
        }
        world
    }

    /// The page ends without a word, and another one begins: with what the server renders now, or, without a network,
    /// what it rendered last.
    pub(crate) fn reload(&mut self, index: usize) {
        let offline = self.chance.one_in(3);
        let peer = &mut self.peers[index];
        if !offline {
            let page = |id| (id, self.server.page(id, HistoryRequest::Newest));
            peer.boot = (self.server.summaries(peer.user), peer.open.map(page));
        }
        let (rooms, open) = peer.boot.clone();
        let number = peer.user.0.as_u128();
        peer.engine = Engine::new(user(number), rooms, open);
        (peer.link, peer.wake, peer.settled) = (None, None, false);
        peer.pages.clear();
        self.input(index, Input::BecomeFollower);
        self.input(index, Input::ConnectNow);
        if self.chance.one_in(2) {
            let open = self.peers[index].open;
            self.input(index, Input::Open(open));
        }
        for _ in 0..self.chance.below(20) {
            self.move_one(index);
        }
        self.settle(index);
    }

    /// The storage answers.
    fn settle(&mut self, index: usize) {
        let saved = self.peers[index].disk.read();
        self.input(index, Input::Restore(saved));
        self.input(index, Input::BecomeLeader { rooms: true });
        let open = self.peers[index].open;
        self.input(index, Input::Open(open));
        self.peers[index].settled = true;
    }

    pub(crate) fn input(&mut self, index: usize, input: Input) {
        let now = Now { monotonic_ms: self.now, wall: UnixMillis(self.now as i64), random: self.chance.next() };
        let peer = &mut self.peers[index];
        let told = format!("{input:?}");
        let before = Screen::of(&peer.engine);
        let effects = peer.engine.handle(now, input);
        Screen::of(&peer.engine).check(&before, &effects, &told, peer.open.filter(|_| peer.settled));
        peer.disk.apply(&effects);
        if peer.settled {
            (1..=ROOMS).for_each(|number| peer.disk.check(&peer.engine, room(number)));
        }
        for effect in effects {
            match effect {
                Effect::Save(_) => {}
                Effect::Connect => peer.link = Some(Link::default()),
                Effect::Transmit(frame) => {
                    peer.link.as_mut().expect("frames go to a socket that is there").up.push_back(frame);
                }
                Effect::FetchHistory { room_id, request, generation } => {
                    peer.pages.push((room_id, request, generation));
                }
                Effect::WakeAt(at) => peer.wake = Some(at),
                Effect::Changed(_) => {}
                Effect::SignedOut | Effect::Reload | Effect::Refused(_) => panic!("{effect:?}"),
            }
        }
    }

    pub(crate) fn send(&mut self, index: usize, room_id: RoomId) {
        self.ids += 1;
        let client_id = client_id(self.ids << 32);
        self.peers[index].sent.push((room_id, client_id));
        self.input(index, Input::Send { client_id, room_id, body: format!("text {}", self.ids), reply_to: None });
    }

    pub(crate) fn rename(&mut self, room: RoomId) {
        self.ids += 1;
        let message = self.server.rename(BOB, room, format!("Room {}", self.ids));
        self.deliver(&ServerFrame::New { message }, None);
    }

    /// Somebody without a device of ours writes a lot.
    pub(crate) fn flood(&mut self, room: RoomId, count: usize) {
        for _ in 0..count {
            self.ids += 1;
            let (message, _) = self.server.send(user_id(BOB), client_id(self.ids << 32), room, "flood".into());
            self.deliver(&ServerFrame::New { message }, None);
        }
    }

    fn deliver(&mut self, frame: &ServerFrame, user: Option<UserId>) {
        let peers = self.peers.iter_mut().filter(|peer| user.is_none_or(|user| user == peer.user));
        for link in peers.filter_map(|peer| peer.link.as_mut()).filter(|link| link.attached) {
            link.down.push_back(frame.clone());
        }
    }

    /// Every room's last message is on its way, and is lost.
    pub(crate) fn lose_last_messages(&mut self) {
        for number in 1..=ROOMS {
            self.flood(room(number), 1);
        }
        for link in self.peers.iter_mut().filter_map(|peer| peer.link.as_mut()) {
            link.down.clear();
        }
    }

    pub(crate) fn send_heads(&mut self) {
        let heads = self.server.heads();
        self.deliver(&heads, None);
    }

    pub(crate) fn cut(&mut self, index: usize) {
        if self.peers[index].link.take().is_some() {
            self.input(index, Input::Disconnected { code: None });
        }
    }

    /// Lets time pass and wakes whom it is time for.
    pub(crate) fn wait(&mut self, ms: u64) {
        let beats = self.now / HEARTBEAT_INTERVAL_MS;
        self.now += ms;
        if self.now / HEARTBEAT_INTERVAL_MS > beats {
            self.deliver(&ServerFrame::Heartbeat {}, None);
        }
        for index in 0..self.peers.len() {
            if self.peers[index].wake.is_some_and(|at| at <= self.now) {
                self.peers[index].wake = None;
                self.input(index, Input::Wake);
            }
        }
    }

    /// One thing moves between a device and the server. Whether there was anything.
    pub(crate) fn move_one(&mut self, index: usize) -> bool {
        match self.chance.below(4) {
            0 => self.open_socket(index) || self.finish_hello(index),
            1 => self.move_up(index),
            2 => self.move_down(index),
            _ => self.answer_page(index),
        }
    }

    pub(crate) fn is_busy(&self, index: usize) -> bool {
        let peer = &self.peers[index];
        let link = peer.link.as_ref();
        let moves = |link: &Link| !link.open || link.snapshot.is_some() || !link.up.is_empty() || !link.down.is_empty();
        !peer.pages.is_empty() || link.is_some_and(moves)
    }

    fn open_socket(&mut self, index: usize) -> bool {
        let fails = self.faults && self.chance.one_in(5);
        let Some(link) = self.peers[index].link.as_mut().filter(|link| !link.open) else { return false };
        link.open = true;
        if fails {
            self.cut(index);
        } else {
            self.input(index, Input::Connected);
        }
        true
    }

    /// The snapshot leaves later than it was read: frames may have overtaken it.
    fn finish_hello(&mut self, index: usize) -> bool {
        let heads = self.server.heads();
        let Some(link) = self.peers[index].link.as_mut() else { return false };
        let Some(mut rooms) = link.snapshot.take() else { return false };
        let (protocol, epoch, server_time) = (PROTOCOL_VERSION, Uuid::nil(), UnixMillis(0));
        // Two pages at most: frames overtake each other here, which on a real connection they do not.
        let rest = rooms.split_off(self.chance.below(rooms.len() + 1));
        let (more, gone) = (!rest.is_empty(), Vec::new());
        link.down.push_back(ServerFrame::Welcome { protocol, epoch, rooms, more, gone, people_rev: None, server_time });
        if more {
            link.down.push_back(ServerFrame::Rooms { rooms: rest, more: false });
        }
        link.down.push_back(heads);
        let user = self.peers[index].user;
        for cursor in std::mem::take(&mut self.peers[index].link.as_mut().expect("it is open").cursors) {
            if self.server.rooms[&cursor.0].head() != cursor.1 {
                self.answer_sync(index, user, cursor);
            }
        }
        true
    }

    fn move_up(&mut self, index: usize) -> bool {
        let Some(frame) = self.peers[index].link.as_mut().and_then(|link| link.up.pop_front()) else { return false };
        if self.faults && self.chance.one_in(20) {
            return true;
        }
        if self.faults && self.chance.one_in(20) {
            self.serve(index, frame.clone());
        }
        self.serve(index, frame);
        true
    }

    fn move_down(&mut self, index: usize) -> bool {
        let Some(link) = self.peers[index].link.as_mut() else { return false };
        let late = if self.faults && self.chance.one_in(5) { self.chance.below(3) } else { 0 };
        let Some(frame) = link.down.remove(late).or_else(|| link.down.pop_front()) else { return false };
        if self.faults && self.chance.one_in(20) {
            link.down.push_back(frame.clone());
        }
        if !self.faults || !self.chance.one_in(15) {
            self.input(index, Input::Frame(frame));
        }
        true
    }

    fn answer_page(&mut self, index: usize) -> bool {
        let pages = &mut self.peers[index].pages;
        if pages.is_empty() {
            return false;
        }
        let (room_id, request, generation) = pages.swap_remove(self.chance.below(pages.len()));
        let error = ApiError { code: ErrorCode::Unavailable, message: "Later.".into() };
        match self.chance.below(10) {
            0 if self.faults => {}
            1 if self.faults => self.input(index, Input::History { room_id, request, generation, result: Err(error) }),
            _ => {
                let page = self.server.page(room_id, request);
                self.input(index, Input::History { room_id, request, generation, result: Ok(page) });
            }
        }
        true
    }

    fn answer_sync(&mut self, index: usize, user: UserId, cursor: Cursor) {
        let batch = self.server.batch(user, cursor);
        if let Some(link) = self.peers[index].link.as_mut() {
            link.down.push_back(batch);
        }
    }

    fn serve(&mut self, index: usize, frame: ClientFrame) {
        let user = self.peers[index].user;
        let refuses = self.faults && self.chance.one_in(8);
        let Some(link) = self.peers[index].link.as_mut() else { return };
        match frame {
            ClientFrame::Hello { .. } if link.attached => {}
            ClientFrame::Hello { cursors, .. } => {
                link.attached = true;
                link.cursors = cursors;
                link.snapshot = Some(self.server.summaries(user));
            }
            ClientFrame::Ping {} => link.down.push_back(ServerFrame::Heartbeat {}),
            _ if !link.attached => {}
            ClientFrame::Send { client_id, .. } if refuses => {
                let (code, message) = (ErrorCode::Unavailable, String::new());
                link.down.push_back(ServerFrame::Nack {
                    client_id,
                    code,
                    message,
                    retryable: true,
                    retry_after_ms: None,
                });
            }
            ClientFrame::Send { client_id, room_id, body, .. } => {
                let (message, new) = self.server.send(user, client_id, room_id, body);
                let (seq, created_at) = (message.seq, message.created_at);
                link.down.push_back(ServerFrame::Ack { client_id, room_id, seq, rev: Rev(0), created_at });
                if new {
                    self.deliver(&ServerFrame::New { message }, None);
                }
            }
            ClientFrame::Read { room_id, seq } => {
                if let Some(frame) = self.server.read(user, room_id, seq) {
                    self.deliver(&frame, Some(user));
                }
            }
            ClientFrame::SyncMore { room_id, seq, rev } => self.answer_sync(index, user, Cursor(room_id, seq, rev)),
            ClientFrame::Edit { .. } | ClientFrame::Delete { .. } | ClientFrame::React { .. } => panic!("{frame:?}"),
            // Nobody is told of anything else here.
            _ => {}
        }
    }
}

/// Everything that a device shows.
#[derive(PartialEq)]
struct Screen {
    rooms: Vec<RoomSummary>,
    rows: BTreeMap<RoomId, (Vec<client::Row>, [bool; 4])>,
    connection: ConnectionState,
}

impl Screen {
    fn of(engine: &Engine) -> Self {
        let flags = |id| {
            let newest = engine.is_loading_newest(id);
            [engine.has_older(id), engine.has_newer(id), engine.is_loading_older(id), newest]
        };
        Self {
            rooms: engine.rooms(),
            rows: (1..=ROOMS).map(room).map(|id| (id, (engine.rows(id), flags(id)))).collect(),
            connection: engine.connection(),
        }
    }

    /// What differs is told and nothing else, and no row is shown out of its place.
    fn check(&self, before: &Self, effects: &[Effect], input: &str, open: Option<RoomId>) {
        let told = |view| effects.iter().filter(|effect| **effect == Effect::Changed(view)).count();
        assert_eq!(told(View::Rooms), usize::from(self.rooms != before.rooms), "rooms after {input}");
        assert_eq!(told(View::Connection), usize::from(self.connection != before.connection), "after {input}");
        for (id, shown) in &self.rows {
            assert_eq!(told(View::Timeline(*id)), usize::from(before.rows[id] != *shown), "{id} after {input}");
            let seqs: Vec<_> = shown.0.iter().map(|row| row.message.seq.0).filter(|seq| *seq > 0).collect();
            assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?} after {input}");
            let keys: BTreeSet<_> = shown.0.iter().map(client::Row::key).collect();
            assert_eq!(keys.len(), shown.0.len(), "doubled after {input}");
            // A message that was stored long before its acknowledgement may belong above what is shown, and one that
            // was stored while the person looked far up below it.
            let mut lost = before.rows[id].0.iter().filter(|row| !keys.contains(&row.key()));
            let is_part = shown.1[0] || shown.1[1] || open != Some(*id);
            assert!(is_part || lost.all(|row| row.state != RowState::Sending), "lost after {input}");
        }
    }
}
