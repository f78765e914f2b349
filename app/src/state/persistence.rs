//! Persistence of the page: saves what must survive, restores what earlier pages left, and cooperates with other tabs: the leader
//! sends what all tabs typed; when it closes, the next tab becomes the leader.

use crate::dom::document;
use crate::state::leadership::LeadershipState;
use crate::state::{Chat, ending};
use crate::storage::database::Database;
use crate::storage::tabs::{self, Leadership, Tabs};
use crate::storage::{self, PeerMessage, Trouble, Unreadable, drafts, worker};
use crate::words;
use client::{ConnectionState, Engine, Input, Saved, StorageWrite};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long the storage may take to open. After that the page goes on without it; a late answer is still used.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// See the module. Never touched on the server.
pub(crate) type PersistenceHandle = StoredValue<Persistence, LocalStorage>;

/// What [`PersistenceHandle`] holds. See `leadership` for the leader election.
#[derive(Default)]
pub(crate) struct Persistence {
    /// None until it is open, and after a sign-out.
    database: Option<Database>,
    /// None without locks: every tab then sends what it typed.
    pub(super) tabs: Option<Tabs>,
    /// Whether the storage was read, or given up.
    is_restored: bool,
    /// Writes of other tabs from before that.
    early_writes: Vec<StorageWrite>,
    /// Whether this tab is the leader.
    pub(super) is_leader: bool,
    /// See `leadership`.
    pub(super) leadership: LeadershipState,
    /// Troubles of the storage that were reported: each once.
    reported: Vec<Trouble>,
    /// Whether the browser was asked for persistent storage.
    asked_to_persist: bool,
}

impl Chat {
    /// Once the page is live, before anything is sent.
    pub(super) fn start_persistence(self) {
        self.dispatch(Input::BecomeFollower);
        if self.shared {
            // What an earlier page kept of this person goes as well.
            Database::remove(self.me);
            self.dispatch(Input::Restore(Saved::default()));
            self.persistence.update_value(|state| state.is_restored = true);
            return self.become_leader(false);
        }
        worker::register();
        spawn_local(self.elect_leader());
        set_timeout(
            move || {
                if !self.persistence.with_value(|state| state.is_restored) {
                    self.report_trouble(Trouble::Silent);
                    self.become_leader(false);
                }
            },
            STORAGE_TIMEOUT,
        );
    }

    async fn elect_leader(self) {
        let leadership = tabs::try_lead(self.me).await;
        if !matches!(leadership, Leadership::Unsupported) {
            let tabs = Tabs::join(self.me, move |messages| self.receive_from_peers(messages));
            self.persistence.update_value(|state| state.tabs = tabs);
        }
        match Database::open(self.me).await {
            Ok(database) => self.persistence.update_value(|state| state.database = Some(database)),
            Err(trouble) => self.report_trouble(trouble),
        }
        let is_read = self.restore().await;
        match leadership {
            Leadership::Leader(lock) => self.lead(lock, is_read).await,
            Leadership::Follower => self.seek_leadership(),
            Leadership::Unsupported => self.become_leader(false),
        }
    }

    /// Gives the engine what the storage has, or nothing if the first read fails. Returns true if it was read.
    pub(super) async fn restore(self) -> bool {
        let mut saved = None;
        if let Some(database) = self.database() {
            match database.read().await {
                Ok((read, unreadable)) => {
                    saved = Some(read);
                    self.unreadable.set(unreadable);
                }
                Err(trouble) => self.report_trouble(trouble),
            }
        }
        let is_read = saved.is_some();
        let (is_first, early_writes) = self
            .persistence
            .try_update_value(|state| {
                (!std::mem::replace(&mut state.is_restored, true), std::mem::take(&mut state.early_writes))
            })
            .unwrap_or_default();
        if is_read || is_first {
            self.dispatch(Input::Restore(saved.unwrap_or_default()));
            self.dispatch(Input::PeerWrites(early_writes));
        }
        is_read
    }

    pub(super) fn become_leader(self, rooms: bool) {
        self.persistence.update_value(|state| state.is_leader = true);
        self.dispatch(Input::BecomeLeader { rooms });
    }

    fn database(self) -> Option<Database> {
        self.persistence.with_value(|state| state.database.clone())
    }

    fn receive_from_peers(self, messages: Vec<PeerMessage>) {
        let mut writes = Vec::new();
        for message in messages {
            match message {
                PeerMessage::Write(write) => {
                    if let StorageWrite::Sent { client_id, .. } | StorageWrite::Discarded(client_id) = &write {
                        self.forget_unreadable(&client_id.to_string());
                    }
                    writes.push(write);
                }
                PeerMessage::Unreadable(message) => self.show_unreadable(message),
                PeerMessage::AsksLeader => self.answer_leader_check(),
                PeerMessage::LeaderIsHere => self.leader_is_here(),
                PeerMessage::NotRead => self.notice.set(Some(words::OLDER_TAB.to_owned())),
            }
        }
        if self.persistence.with_value(|state| state.is_restored) {
            self.dispatch(Input::PeerWrites(writes));
        } else {
            self.persistence.update_value(|state| state.early_writes.extend(writes));
        }
    }

    /// Another tab's message that this page cannot read. The leader reports it, since no other tab would send it.
    fn show_unreadable(self, message: Unreadable) {
        self.persistence.with_value(|state| {
            if let Some(tabs) = state.tabs.as_ref().filter(|_| state.is_leader) {
                tabs.cannot_read(&message);
            }
        });
        self.forget_unreadable(&message.key);
        self.unreadable.update(|unreadable| unreadable.push(message));
    }

    fn forget_unreadable(self, key: &str) {
        if self.unreadable.with_untracked(|unreadable| unreadable.iter().any(|message| message.key == key)) {
            self.unreadable.update(|unreadable| unreadable.retain(|message| message.key != key));
        }
    }

    /// The person gives up a message that this page cannot read.
    pub(crate) fn discard_unreadable(self, key: &str) {
        self.forget_unreadable(key);
        if let Ok(client_id) = key.parse() {
            let discarded = StorageWrite::Discarded(client_id);
            self.persistence
                .with_value(|state| state.tabs.iter().for_each(|tabs| tabs.send(std::slice::from_ref(&discarded))));
        }
        if let Some(database) = self.database() {
            let discarded = database.discard(key.to_owned());
            spawn_local(async move {
                let _ = discarded.await;
            });
        }
    }

    fn report_trouble(self, trouble: Trouble) {
        let is_new = self.persistence.try_update_value(|state| {
            let is_new = !state.reported.contains(&trouble);
            state.reported.push(trouble);
            is_new
        });
        if is_new == Some(true) {
            self.notice.set(Some(words::not_kept(trouble)));
        }
    }

    /// Requests persistent storage with the first message that waits for a connection.
    fn request_persistent_storage(self, writes: &[StorageWrite]) {
        let waits = writes.iter().any(|write| matches!(write, StorageWrite::Unsent(unsent) if unsent.failed.is_none()));
        let offline = self.connection.with_untracked(|state| *state != ConnectionState::Online);
        if waits && offline && !self.persistence.with_value(|state| state.asked_to_persist) {
            self.persistence.update_value(|state| state.asked_to_persist = true);
            if self.shared {
                self.report_trouble(Trouble::Shared);
            } else {
                storage::request_persistence();
            }
        }
    }

    /// Saves these writes in one transaction and sends the shared ones to the other tabs.
    pub(super) fn save(self, writes: Vec<StorageWrite>) {
        self.request_persistent_storage(&writes);
        self.persistence.with_value(|state| state.tabs.iter().for_each(|tabs| tabs.send(&writes)));
        self.check_leader();
        let Some(database) = self.database() else { return };
        let messages = writes.iter().filter(|write| write.is_shared()).cloned().collect();
        let written = database.write(writes);
        spawn_local(async move {
            if let Err(trouble) = written.await {
                self.save_messages(database, messages, trouble).await;
            }
        });
    }

    /// A write failed. Removes rooms, which can be fetched again, to make space for messages, which can not.
    async fn save_messages(self, database: Database, messages: Vec<StorageWrite>, trouble: Trouble) {
        if self.persistence.with_value(|state| state.is_leader) {
            self.dispatch(Input::BecomeLeader { rooms: false });
        }
        let freed = database.give_up_rooms().await;
        if freed.is_err() || database.write(messages).await.is_err() {
            self.report_trouble(trouble);
        }
    }

    /// The session has ended: nothing is written any more, and the sign-in page comes.
    pub(super) fn leave(self) {
        self.persistence.update_value(|state| state.database = None);
        ending::session_ended();
    }

    /// The person posts the form that signs them out, and nothing stays; unless they keep it, knowing what they lose.
    pub(crate) fn sign_out(self, form: &SubmitEvent) {
        const QUESTION: &str = "Some messages are not sent yet, and signing out discards them. Sign out?";
        let unsent = self.engine.with_value(Engine::has_unsent) || !self.unreadable.with_untracked(Vec::is_empty);
        if unsent && !document::confirm(QUESTION) {
            form.prevent_default();
            return;
        }
        self.hang_up();
        self.persistence.update_value(|state| state.database = None);
        drafts::clear(self.me);
        worker::forget_pages();
        Database::remove(self.me);
    }
}
