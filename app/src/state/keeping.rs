//! Keeps what must outlive the page, gives back what earlier pages left, and stands with the other tabs: one of them
//! sends what all of them typed, and when it closes, the next one does.

use crate::dom::document;
use crate::state::turn::Standing;
use crate::state::{Chat, ending};
use crate::storage::database::Database;
use crate::storage::tabs::{self, Tabs, Turn};
use crate::storage::{self, Told, Trouble, Unreadable, drafts, worker};
use crate::words;
use client::{Change, ConnectionState, Engine, Input, Saved};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long the storage may take to open. After that the page goes on without; a late answer is welcome.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// See the module. Never touched on the server.
pub(crate) type Keeping = StoredValue<Kept, LocalStorage>;

/// What [`Keeping`] holds. `turn` has the part about whose turn it is.
#[derive(Default)]
pub(crate) struct Kept {
    /// None until it is open, and after a sign-out.
    database: Option<Database>,
    /// None without locks: every tab then sends what it typed.
    pub(super) tabs: Option<Tabs>,
    /// Whether the storage was read, or given up.
    settled: bool,
    /// What other tabs told before that.
    early: Vec<Change>,
    /// Whether this tab sends.
    pub(super) owns: bool,
    /// Whose turn it is, see `turn`.
    pub(super) turn: Standing,
    /// What the person was told about the storage: each trouble once.
    told: Vec<Trouble>,
    /// Whether the browser was asked not to clear what is kept.
    persists: bool,
}

impl Chat {
    /// Once the page is live, before anything is sent.
    pub(super) fn begin_keeping(self) {
        self.dispatch(Input::Follow);
        if self.shared {
            // What an earlier page kept of this person goes as well.
            Database::remove(self.me);
            self.dispatch(Input::Restore(Saved::default()));
            self.keeping.update_value(|kept| kept.settled = true);
            return self.own(false);
        }
        worker::register();
        spawn_local(self.take_turn());
        set_timeout(
            move || {
                if !self.keeping.with_value(|kept| kept.settled) {
                    self.complain(Trouble::Silent);
                    self.own(false);
                }
            },
            STORAGE_TIMEOUT,
        );
    }

    async fn take_turn(self) {
        let turn = tabs::turn_if_free(self.me).await;
        if !matches!(turn, Turn::Unknown) {
            let tabs = Tabs::join(self.me, move |told| self.overhear(told));
            self.keeping.update_value(|kept| kept.tabs = tabs);
        }
        match Database::open(self.me).await {
            Ok(database) => self.keeping.update_value(|kept| kept.database = Some(database)),
            Err(trouble) => self.complain(trouble),
        }
        let kept = self.restore().await;
        match turn {
            Turn::Mine(held) => self.hold_turn(held, kept).await,
            Turn::Others => self.seek_turn(),
            Turn::Unknown => self.own(false),
        }
    }

    /// Gives the engine what the storage has, at first nothing where it cannot be read. Whether it could.
    pub(super) async fn restore(self) -> bool {
        let mut saved = None;
        if let Some(database) = self.database() {
            match database.read().await {
                Ok((read, unreadable)) => {
                    saved = Some(read);
                    self.unreadable.set(unreadable);
                }
                Err(trouble) => self.complain(trouble),
            }
        }
        let kept = saved.is_some();
        let (is_first, early) = self
            .keeping
            .try_update_value(|kept| (!std::mem::replace(&mut kept.settled, true), std::mem::take(&mut kept.early)))
            .unwrap_or_default();
        if kept || is_first {
            self.dispatch(Input::Restore(saved.unwrap_or_default()));
            self.dispatch(Input::Heard(early));
        }
        kept
    }

    pub(super) fn own(self, rooms: bool) {
        self.keeping.update_value(|kept| kept.owns = true);
        self.dispatch(Input::Own { rooms });
    }

    fn database(self) -> Option<Database> {
        self.keeping.with_value(|kept| kept.database.clone())
    }

    fn overhear(self, told: Vec<Told>) {
        let mut changes = Vec::new();
        for told in told {
            match told {
                Told::Change(change) => {
                    if let Change::Sent { client_id, .. } | Change::Discarded(client_id) = &change {
                        self.forget_unreadable(&client_id.to_string());
                    }
                    changes.push(change);
                }
                Told::Unreadable(message) => self.show_unreadable(message),
                Told::AsksOwner => self.answer_for_turn(),
                Told::OwnerIsHere => self.owner_is_here(),
                Told::NotRead => self.notice.set(Some(words::OLDER_TAB.to_owned())),
            }
        }
        if self.keeping.with_value(|kept| kept.settled) {
            self.dispatch(Input::Heard(changes));
        } else {
            self.keeping.update_value(|kept| kept.early.extend(changes));
        }
    }

    /// Another tab's message that this page cannot read. The tab that sends says so, since nobody else sends it.
    fn show_unreadable(self, message: Unreadable) {
        self.keeping.with_value(|kept| {
            if let Some(tabs) = kept.tabs.as_ref().filter(|_| kept.owns) {
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
            let discarded = Change::Discarded(client_id);
            self.keeping
                .with_value(|kept| kept.tabs.iter().for_each(|tabs| tabs.tell(std::slice::from_ref(&discarded))));
        }
        if let Some(database) = self.database() {
            let discarded = database.discard(key.to_owned());
            spawn_local(async move {
                let _ = discarded.await;
            });
        }
    }

    fn complain(self, trouble: Trouble) {
        let is_new = self.keeping.try_update_value(|kept| {
            let is_new = !kept.told.contains(&trouble);
            kept.told.push(trouble);
            is_new
        });
        if is_new == Some(true) {
            self.notice.set(Some(words::not_kept(trouble)));
        }
    }

    /// The first message that waits for a connection is worth a request not to clear it.
    fn persist(self, changes: &[Change]) {
        let waits = changes.iter().any(|change| matches!(change, Change::Unsent(unsent) if unsent.failed.is_none()));
        let offline = self.connection.with_untracked(|state| *state != ConnectionState::Online);
        if waits && offline && !self.keeping.with_value(|kept| kept.persists) {
            self.keeping.update_value(|kept| kept.persists = true);
            if self.shared {
                self.complain(Trouble::Shared);
            } else {
                storage::persist();
            }
        }
    }

    /// Keeps all of this or nothing, and tells the other tabs.
    pub(super) fn keep(self, changes: Vec<Change>) {
        self.persist(&changes);
        self.keeping.with_value(|kept| kept.tabs.iter().for_each(|tabs| tabs.tell(&changes)));
        self.watch_owner();
        let Some(database) = self.database() else { return };
        let messages = changes.iter().filter(|change| change.is_for_all()).cloned().collect();
        let written = database.write(changes);
        spawn_local(async move {
            if let Err(trouble) = written.await {
                self.keep_messages(database, messages, trouble).await;
            }
        });
    }

    /// Something could not be written. Rooms can be had again, and make place for messages, which can not.
    async fn keep_messages(self, database: Database, messages: Vec<Change>, trouble: Trouble) {
        if self.keeping.with_value(|kept| kept.owns) {
            self.dispatch(Input::Own { rooms: false });
        }
        let freed = database.give_up_rooms().await;
        if freed.is_err() || database.write(messages).await.is_err() {
            self.complain(trouble);
        }
    }

    /// The session has ended: nothing is written any more, and the sign-in page comes.
    pub(super) fn leave(self) {
        self.keeping.update_value(|kept| kept.database = None);
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
        self.keeping.update_value(|kept| kept.database = None);
        drafts::clear(self.me);
        worker::forget_pages();
        Database::remove(self.me);
    }
}
