//! The page's engine and the signals that its views read. `effects` does what the engine asks for.

use crate::boot::{Boot, BootPage};
use crate::dom::early::Early;
use crate::dom::{self, document};
use crate::socket::Socket;
use crate::state::Clock;
use crate::state::keyed::Keyed;
use crate::state::persistence::{Persistence, PersistenceHandle};
use crate::state::rows::{RowView, lay_out};
use crate::storage::Unreadable;
use client::{ConnectionState, Effect as Ask, Engine, Input, Revision, View};
use leptos::prelude::*;
use protocol::{ClientId, Message, PresenceState, RoomId, RoomKind, RoomSummary, Seq, UnixMillis, User, UserId};

/// What is shown of the open room besides its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// Older rows exist.
    pub(crate) has_older: bool,
    /// Newer rows exist that are not shown.
    pub(crate) has_newer: bool,
    /// Older rows are on their way.
    pub(crate) loading_older: bool,
    /// The newest rows are on their way.
    pub(crate) loading: bool,
    /// The newest stored row that is shown; 0 where there is none.
    pub(crate) newest: Seq,
}

/// One signed-in page. Copies are handles to the same.
#[derive(Clone, Copy)]
pub(crate) struct Chat {
    /// Everything that is known. Read and written in [`Chat::dispatch`] only.
    pub(crate) engine: StoredValue<Engine>,
    clock: Clock,
    /// Who is signed in.
    pub(crate) me: UserId,
    /// Their name as shown.
    pub(crate) user: StoredValue<User>,
    /// The list of rooms, the latest active first.
    pub(crate) rooms: Keyed<RoomId, RoomSummary>,
    /// The room on the screen.
    pub(crate) open: RwSignal<Option<RoomId>>,
    /// Its summary, once known.
    pub(crate) room: RwSignal<Option<RoomSummary>>,
    /// Its rows. Ids of messages are unique per sender only.
    pub(crate) rows: Keyed<(ClientId, UserId), RowView>,
    /// What is shown of it.
    pub(crate) window: RwSignal<Window>,
    /// How far it was read when it was opened, if something was unread: "New" stands after this. Ends with an answer.
    new_after: RwSignal<Option<Seq>>,
    /// The room that the person is about to leave or delete: that it goes away is no surprise then.
    pub(crate) leaving: StoredValue<Option<RoomId>>,
    /// Why the open room cannot be shown, a sentence.
    pub(crate) problem: RwSignal<Option<String>>,
    /// What the person has to know, once.
    pub(crate) notice: RwSignal<Option<String>>,
    /// Unsent messages that this version of the page cannot read.
    pub(crate) unreadable: RwSignal<Vec<Unreadable>>,
    /// Where the connection stands.
    pub(crate) connection: RwSignal<ConnectionState>,
    /// The connection was lost and is not back: what is sent waits.
    pub(crate) offline: RwSignal<bool>,
    /// People that the person blocks. They are changed in another document, so that this page is loaded again afterwards.
    blocked: StoredValue<Vec<UserId>>,
    /// The device is not the person's own: nothing is kept.
    pub(super) shared: bool,
    /// Persistence, and the other tabs.
    pub(super) persistence: PersistenceHandle,
    /// The server speaks a later protocol than this page.
    pub(crate) outdated: RwSignal<bool>,
    /// Unread messages over all rooms.
    pub(crate) unread: RwSignal<i64>,
    /// Whether the page can be seen.
    pub(crate) visible: RwSignal<bool>,
    /// Typing or presence has changed.
    pub(crate) awareness: Trigger,
    /// A name has changed.
    people: Trigger,
    /// The socket. Replaced by each `Connect`; never touched on the server.
    pub(super) socket: StoredValue<Option<Socket>, LocalStorage>,
    /// The socket before it with its number, until the present one is open.
    pub(super) previous_socket: StoredValue<Option<(u64, Socket)>, LocalStorage>,
    /// Numbers the sockets, so that a late event of an earlier one is not taken for one of this.
    pub(super) generation: StoredValue<u64>,
    /// When the session was last renewed, or else when the page began; monotonic milliseconds.
    pub(super) renewed_at: StoredValue<u64>,
    /// Whether the last attempt to connect was refused, perhaps because of the session. One without any answer was not.
    pub(super) refused: StoredValue<bool>,
    /// The timer of the last `WakeAt`.
    pub(super) timer: StoredValue<Option<TimeoutHandle>>,
}

impl Chat {
    /// Whether the person blocks somebody.
    pub(crate) fn blocks(self, user: UserId) -> bool {
        self.blocked.with_value(|blocked| blocked.contains(&user))
    }

    pub(crate) fn new(user: User, boot: &Boot, clock: Clock) -> Self {
        let mut rooms = boot.rooms.clone();
        let mut open = None;
        if let BootPage::Room { room, history } = &boot.page {
            open = Some((room.id, history.clone()));
            if !rooms.iter().any(|known| known.id == room.id) {
                rooms.push(room.clone());
            }
        }
        let room_id = boot.room_id();
        let me = user.id;
        let chat = Self {
            engine: StoredValue::new(Engine::new(user.clone(), rooms, open).of_epoch(boot.epoch)),
            clock,
            me,
            user: StoredValue::new(user),
            rooms: Keyed::new(Vec::new()),
            open: RwSignal::new(room_id),
            room: RwSignal::new(None),
            rows: Keyed::new(Vec::new()),
            window: RwSignal::new(Window::default()),
            new_after: RwSignal::new(None),
            leaving: StoredValue::new(None),
            problem: RwSignal::new(None),
            notice: RwSignal::new(None),
            unreadable: RwSignal::new(Vec::new()),
            connection: RwSignal::new(ConnectionState::Connecting),
            offline: RwSignal::new(false),
            blocked: StoredValue::new(boot.blocked.clone()),
            shared: boot.shared,
            persistence: PersistenceHandle::new_local(Persistence::default()),
            outdated: RwSignal::new(false),
            unread: RwSignal::new(0),
            visible: RwSignal::new(true),
            awareness: Trigger::new(),
            people: Trigger::new(),
            socket: StoredValue::new_local(None),
            previous_socket: StoredValue::new_local(None),
            generation: StoredValue::new(0),
            renewed_at: StoredValue::new(0),
            refused: StoredValue::new(false),
            timer: StoredValue::new(None),
        };
        chat.show_rooms();
        chat.mark_new();
        untrack(|| chat.show_rows());
        chat.live();
        chat
    }

    /// What runs in the browser only, once the page is live.
    fn live(self) {
        Effect::new(move |_| {
            document::follow_visibility(self.visible);
            document::on_resumed(move || self.dispatch(Input::Resumed));
            self.keep_session();
            self.start_persistence();
            self.dispatch(Input::ConnectNow);
        });
        // On returning to the page, connect without waiting for a timer.
        Effect::new(move |_| {
            let is_visible = self.visible.get();
            self.dispatch(Input::Away(!is_visible));
            if is_visible {
                self.dispatch(Input::ConnectNow);
            }
        });
        // Days begin elsewhere in another zone: the rows are laid out anew once the device's own is used.
        Effect::new(move |_| self.show_rows());
    }

    /// Gives the engine an input and does what it asks for.
    pub(crate) fn dispatch(self, input: Input) {
        let asked = self.engine.try_update_value(|engine| engine.handle(dom::clock::now(), input));
        let mut changed = Vec::new();
        for ask in asked.into_iter().flatten() {
            match ask {
                Ask::Changed(view) => changed.push(view),
                other => self.run(other),
            }
        }
        let open = self.open.get_untracked();
        for view in changed {
            match view {
                View::Rooms => {
                    let before = self.room.get_untracked();
                    self.show_rooms();
                    if let Some(room) = before.filter(|_| self.room.with_untracked(Option::is_none)) {
                        self.lost(&room);
                    }
                }
                View::Timeline(room) if Some(room) == open => untrack(|| self.show_rows()),
                View::Timeline(_) => {}
                View::Connection => self.show_connection(),
                View::Awareness => self.awareness.notify(),
                View::People => self.people.notify(),
            }
        }
    }

    fn show_connection(self) {
        let state = self.engine.with_value(Engine::connection);
        let before = self.connection.get_untracked();
        self.connection.set(state);
        match state {
            ConnectionState::Online => set_if_new(self.offline, false),
            ConnectionState::Waiting { .. } | ConnectionState::Parked => set_if_new(self.offline, true),
            // A silent connection is lost and another one opened in the same moment.
            ConnectionState::Connecting if before == ConnectionState::Online => set_if_new(self.offline, true),
            ConnectionState::Connecting | ConnectionState::SignedOut => {}
        }
        match (before, state) {
            (_, ConnectionState::Parked) => self.resign(),
            (ConnectionState::Parked, _) => self.seek_leadership(),
            _ => {}
        }
    }

    /// The person was taken out of the open room, or it was deleted. A public one may still be open to look at.
    fn lost(self, room: &RoomSummary) {
        let wanted = self.leaving.get_value() == Some(room.id);
        if room.kind == RoomKind::Public && !wanted {
            self.look_up(room.id);
            self.dispatch(Input::Open(Some(room.id)));
        } else {
            self.problem.set(Some("You are no longer in this room, or it was deleted.".to_owned()));
        }
    }

    /// Goes to another room, or to none.
    pub(crate) fn look_at(self, room: Option<RoomId>) {
        if self.open.get_untracked() == room {
            return;
        }
        self.problem.set(None);
        self.open.set(room);
        self.show_rooms();
        self.mark_new();
        self.dispatch(Input::Open(room));
        untrack(|| self.show_rows());
        if let Some(room) = room.filter(|_| self.room.with_untracked(Option::is_none)) {
            self.look_up(room);
        }
    }

    /// The present name of a person; a REST response may have an earlier one.
    pub(crate) fn called(self, user: &User) -> String {
        self.people.track();
        self.engine.with_value(|engine| engine.name(user.id).unwrap_or(&user.display_name).to_owned())
    }

    /// The presence of the other person of a direct room, and when they were seen last.
    pub(crate) fn presence(self, room: &RoomSummary) -> Option<(PresenceState, UnixMillis)> {
        self.awareness.track();
        let other = room.other.as_ref()?.id;
        self.engine.with_value(|engine| engine.presence(other))
    }

    /// Sends a text that `protocol::body` has passed.
    pub(crate) fn send(self, room_id: RoomId, body: String) {
        self.new_after.set(None);
        let client_id = dom::clock::new_client_id();
        self.dispatch(Input::Send { client_id, room_id, body, reply_to: None });
    }

    /// Sends what was written before the page was live, as the same messages: some may be stored already.
    pub(crate) fn take_early(self) {
        for Early { room_id, client_id, body } in dom::early::take() {
            self.dispatch(Input::Send { client_id, room_id, body, reply_to: None });
        }
    }

    /// A stored message of the open room, as it is shown.
    pub(crate) fn message(self, seq: Seq) -> Option<Message> {
        let open = self.open.get_untracked()?;
        let rows = self.engine.with_value(|engine| engine.rows(open));
        rows.into_iter().map(|row| row.message).find(|message| message.seq == seq)
    }

    /// Changes a stored message of the open room.
    pub(crate) fn revise(self, seq: Seq, revision: Revision) {
        if let Some(room_id) = self.open.get_untracked() {
            self.notice.set(None);
            self.dispatch(Input::Revise { client_id: dom::clock::new_client_id(), room_id, seq, revision });
        }
    }

    /// Tries a failed message again.
    pub(crate) fn retry(self, message: ClientId) {
        self.dispatch(Input::Retry { client_id: message, anew: dom::clock::new_client_id() });
    }

    /// Gives a failed message up.
    pub(crate) fn discard(self, message: ClientId) {
        self.dispatch(Input::Discard(message));
    }

    /// Asks for older rows, unless there are none or some are on their way.
    pub(crate) fn load_older(self, room: RoomId) {
        let wanted = self.window.with_untracked(|window| window.has_older && !window.loading_older && !window.loading);
        if wanted && self.open.get_untracked() == Some(room) {
            self.dispatch(Input::LoadOlder(room));
        }
    }

    /// Goes back to the newest rows, where others or none are shown.
    pub(crate) fn load_newest(self, room: RoomId) {
        if untrack(|| self.rows.is_empty()) || self.window.with_untracked(|window| window.has_newer) {
            self.dispatch(Input::Open(Some(room)));
        }
    }

    /// The person made, joined or renamed a room.
    pub(crate) fn entered(self, room: RoomSummary) {
        self.dispatch(Input::Room(room));
    }

    /// The person left or deleted a room.
    pub(crate) fn left(self, room: RoomId) {
        self.dispatch(Input::RoomLeft(room));
    }

    /// The person has everything that is shown of the open room before their eyes.
    pub(crate) fn seen(self) {
        let newest = self.window.with_untracked(|window| window.newest);
        let news = self.room.with_untracked(|room| {
            room.as_ref().filter(|room| room.role.is_some() && room.read_seq < newest).map(|room| room.id)
        });
        if let Some(room_id) = news {
            self.dispatch(Input::Seen { room_id, seq: newest });
        }
    }

    /// Places "New" after what the open room has been read of, if something is unread.
    fn mark_new(self) {
        let read = self.room.with_untracked(|room| {
            room.as_ref().filter(|room| room.unread > 0 && room.role.is_some()).map(|room| room.read_seq)
        });
        self.new_after.set(read);
    }

    fn show_rooms(self) {
        let open = self.open.get_untracked();
        let (rooms, room, unread) = self
            .engine
            .with_value(|engine| (engine.rooms(), open.and_then(|open| engine.named_room(open)), engine.unread()));
        self.rooms.replace(rooms.into_iter().map(|room| (room.id, room)).collect());
        set_if_new(self.room, room);
        set_if_new(self.unread, unread);
    }

    /// Tracks the zone and the mark of what is new.
    fn show_rows(self) {
        let Some(open) = self.open.get_untracked() else {
            self.rows.replace(Vec::new());
            return;
        };
        let (rows, mut window) = self.engine.with_value(|engine| {
            let window = Window {
                has_older: engine.has_older(open),
                has_newer: engine.has_newer(open),
                loading_older: engine.is_loading_older(open),
                loading: engine.is_loading_newest(open),
                newest: Seq(0),
            };
            (engine.rows(open), window)
        });
        window.newest = rows.iter().map(|row| row.message.seq).max().unwrap_or_default();
        let rows = lay_out(rows, self.me, self.new_after.get(), |at| self.clock.day_number(at));
        self.rows.replace(rows.into_iter().map(|row| ((row.row.key(), row.row.message.sender_id), row)).collect());
        set_if_new(self.window, window);
    }
}

/// Sets only what differs, so that nothing is drawn again for nothing.
fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
