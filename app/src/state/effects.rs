//! Does what the engine asks for: sockets, timers, pages of history; and keeps the session fresh meanwhile.

use crate::dom::clock::monotonic_ms;
use crate::socket::{Socket, SocketEvent};
use crate::state::Chat;
use crate::state::api::{self, Renewal};
use client::{Effect as Ask, HistoryRequest, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{ErrorCode, Incoming, RoomId, ServerFrame};
use std::cell::Cell;
use std::time::Duration;

/// The access token lives 15 minutes: it is renewed after this long while the page is open, and before a connection.
const RENEW_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// After a refused connection an older token than this is renewed too: the refusal does not say whether it was the token.
const RENEW_RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// How often the age of the token is looked at.
const RENEW_CHECK_INTERVAL: Duration = Duration::from_secs(30);

impl Chat {
    /// Does one thing that the engine asks for. `Changed` is `dispatch`'s own.
    pub(super) fn run(self, ask: Ask) {
        match ask {
            Ask::Save(changes) => self.save(changes),
            Ask::Connect => self.connect(),
            Ask::Transmit(frame) => self.socket.with_value(|socket| {
                if let Some(socket) = socket {
                    socket.send(&frame);
                }
            }),
            Ask::FetchHistory { room_id, request, generation } => self.fetch(room_id, request, generation),
            Ask::WakeAt(at) => self.wake_at(at),
            Ask::SignedOut => self.leave(),
            Ask::Refused(reason) => self.notice.set(Some(format!("Not changed. {reason}"))),
            Ask::Reload => self.outdated.set(true),
            Ask::Changed(_) => {}
        }
    }

    /// The person signs out: what the server says about that on the socket is no news, and must not lead elsewhere.
    pub(super) fn hang_up(self) {
        self.generation.update_value(|generation| *generation += 1);
        self.socket.set_value(None);
        self.previous_socket.set_value(None);
    }

    /// Opens a socket. The one before stays until then, since answers on it still count; after that it is closed.
    fn connect(self) {
        let before = self.generation.get_value();
        if let Some(socket) = self.socket.try_update_value(Option::take).flatten().filter(Socket::is_open) {
            self.previous_socket.set_value(Some((before, socket)));
        }
        let generation = before + 1;
        self.generation.set_value(generation);
        let limit = if self.refused.get_value() { RENEW_RETRY_INTERVAL } else { RENEW_INTERVAL };
        spawn_local(async move {
            let can_open = !self.session_is_older_than(limit) || self.renew().await != Renewal::Failed;
            // This attempt may have been given up meanwhile. Its end is no news for a later one.
            if self.generation.get_value() != generation {
                return;
            }
            let is_open = Cell::new(false);
            let socket =
                can_open.then(|| Socket::open(move |event| self.socket_event(generation, &is_open, event))).flatten();
            let opens = socket.is_some();
            self.socket.set_value(socket);
            if !opens {
                self.refused.set_value(true);
                self.dispatch(Input::Disconnected { code: None });
            }
        });
    }

    fn socket_event(self, generation: u64, is_open: &Cell<bool>, event: SocketEvent) {
        let is_present = self.generation.get_value() == generation;
        match event {
            SocketEvent::Opened if is_present => {
                is_open.set(true);
                self.refused.set_value(false);
                self.previous_socket.set_value(None);
                self.dispatch(Input::Connected);
            }
            SocketEvent::Closed(code) if is_present => {
                self.refused.set_value(!is_open.get());
                self.dispatch(Input::Disconnected { code });
            }
            SocketEvent::Frame(incoming) if is_present || self.is_late_answer(generation, &incoming) => {
                if let Incoming::Unreadable(frame) = &incoming {
                    leptos::logging::error!("a frame of the server cannot be read: {}", frame.error);
                }
                self.dispatch(incoming.into());
            }
            SocketEvent::Opened | SocketEvent::Closed(_) | SocketEvent::Frame(_) => {}
        }
    }

    fn is_late_answer(self, generation: u64, incoming: &Incoming) -> bool {
        matches!(incoming, Incoming::Frame(ServerFrame::Ack { .. } | ServerFrame::Nack { .. }))
            && self
                .previous_socket
                .with_value(|socket| socket.as_ref().is_some_and(|(number, _)| *number == generation))
    }

    fn wake_at(self, at: u64) {
        let wait = Duration::from_millis(at.saturating_sub(monotonic_ms()));
        let timer = set_timeout_with_handle(move || self.dispatch(Input::Wake), wait).ok();
        if let Some(earlier) = self.timer.try_update_value(|old| std::mem::replace(old, timer)).flatten() {
            earlier.clear();
        }
    }

    fn fetch(self, room_id: RoomId, request: HistoryRequest, generation: u32) {
        let query = match request {
            HistoryRequest::Newest => String::new(),
            HistoryRequest::Before(seq) => format!("cursor={seq}"),
        };
        spawn_local(async move {
            let result = api::list_messages(room_id, &query).await;
            self.dispatch(Input::History { room_id, request, generation, result });
        });
    }

    /// Asks for a room that is not in the list: a public one to look at, or none that this person may see.
    pub(super) fn look_up(self, room_id: RoomId) {
        spawn_local(async move {
            let answer = api::find_room(room_id).await;
            if self.open.get_untracked() != Some(room_id) {
                return;
            }
            match answer {
                Ok(room) => self.dispatch(Input::Room(room)),
                Err(error) if error.code == ErrorCode::NotFound => {
                    self.problem.set(Some("There is no such room, or it is not open to you.".to_owned()));
                }
                Err(error) => self.problem.set(Some(error.message)),
            }
        });
    }

    /// Renews the session every [`RENEW_INTERVAL`] while the page is open.
    pub(super) fn keep_session(self) {
        let check = move || {
            if self.session_is_older_than(RENEW_INTERVAL) {
                spawn_local(async move {
                    self.renew().await;
                });
            }
        };
        // The page lives as long as its timer.
        let _ = set_interval_with_handle(check, RENEW_CHECK_INTERVAL);
    }

    fn session_is_older_than(self, limit: Duration) -> bool {
        u128::from(monotonic_ms().saturating_sub(self.renewed_at.get_value())) > limit.as_millis()
    }

    async fn renew(self) -> Renewal {
        // Taken at once, so that nobody else begins meanwhile; a failure gives it back.
        let before = self.renewed_at.get_value();
        self.renewed_at.set_value(monotonic_ms());
        let renewal = api::renew().await;
        match renewal {
            Renewal::Done => {}
            Renewal::Ended => self.leave(),
            Renewal::Failed => self.renewed_at.set_value(before),
        }
        renewal
    }
}
