//! Leadership among the tabs of this browser, over the life of the page: waiting for the lock, holding it, releasing it while
//! this tab is parked, and stealing it from a tab that the browser has suspended.

use crate::dom::document;
use crate::state::Chat;
use crate::storage::tabs::{self, LeaderLock, LockRequest};
use client::{ConnectionState, Engine, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long the leader may take to answer whether it is alive.
const LEADER_ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Between two such questions while something waits to be sent.
const LEADER_CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// The leadership as this tab sees it. Never touched on the server.
#[derive(Default)]
pub(crate) struct LeadershipState {
    /// The lock, while this tab is the leader.
    lock: Option<LeaderLock>,
    /// Whether this tab waits for the lock.
    is_waiting: bool,
    /// The pending request, to abort it.
    request: Option<LockRequest>,
    /// Whether the leader is being asked, or was less than [`LEADER_CHECK_INTERVAL`] ago.
    is_checking: bool,
    /// Whether it has answered since.
    leader_answered: bool,
}

impl Chat {
    fn is_parked(self) -> bool {
        self.connection.with_untracked(|state| *state == ConnectionState::Parked)
    }

    /// Waits for the lock, unless this tab does already.
    pub(super) fn seek_leadership(self) {
        let waits = self.persistence.try_update_value(|state| {
            let leadership = &mut state.leadership;
            // Without locks nobody waits.
            let may = state.tabs.is_some() && leadership.lock.is_none() && !leadership.is_waiting;
            leadership.is_waiting |= may;
            may
        });
        if waits != Some(true) {
            return;
        }
        self.check_leader();
        spawn_local(async move {
            let request = LockRequest::new();
            self.persistence.update_value(|state| state.leadership.request.clone_from(&request));
            let mut lock = tabs::wait_to_lead(self.me, request.as_ref()).await;
            if lock.is_none() {
                lock = tabs::steal_lead(self.me).await;
            }
            self.persistence
                .update_value(|state| (state.leadership.is_waiting, state.leadership.request) = (false, None));
            let Some(lock) = lock else { return };
            if self.is_parked() {
                return lock.release();
            }
            let is_read = self.restore().await;
            self.lead(lock, is_read).await;
        });
    }

    /// Leads until the lock is released or stolen, then waits for it again.
    pub(super) async fn lead(self, lock: LeaderLock, rooms: bool) {
        self.persistence.update_value(|state| state.leadership.lock = Some(lock.clone()));
        self.become_leader(rooms);
        if self.is_parked() {
            lock.release();
        }
        lock.ended().await;
        // WebKit releases a document's locks after the next one has its window. A lock requested then would be held in the name of
        // the next document, which could not become the leader.
        if document::is_left() {
            return;
        }
        self.persistence.update_value(|state| (state.leadership.lock, state.is_leader) = (None, false));
        self.dispatch(Input::BecomeFollower);
        self.restore().await;
        if !self.is_parked() {
            self.seek_leadership();
        }
    }

    /// Releases the lock: this tab has no connection and will not open one by itself.
    pub(super) fn resign(self) {
        self.persistence.with_value(|state| state.leadership.lock.iter().for_each(LeaderLock::release));
    }

    /// Another tab asks whether the leader is alive.
    pub(super) fn answer_leader_check(self) {
        self.persistence.with_value(|state| state.tabs.iter().filter(|_| state.is_leader).for_each(tabs::Tabs::answer));
    }

    pub(super) fn leader_is_here(self) {
        self.persistence.update_value(|state| state.leadership.leader_answered = true);
    }

    /// While something waits to be sent by the leader, asks whether it is alive. A browser may have suspended it with the lock:
    /// then the lock is stolen. What both tabs send is stored once.
    pub(super) fn check_leader(self) {
        let asks = self.engine.with_value(Engine::has_unsent)
            && self.persistence.try_update_value(|state| {
                let leadership = &mut state.leadership;
                let asks = leadership.is_waiting && !leadership.is_checking && !state.is_leader;
                if asks {
                    (leadership.is_checking, leadership.leader_answered) = (true, false);
                    state.tabs.iter().for_each(tabs::Tabs::ask_leader);
                }
                asks
            }) == Some(true);
        if !asks {
            return;
        }
        let decide = move || {
            self.persistence.with_value(|state| {
                // The aborted request returns without the lock, which is stolen then.
                let silent = state.leadership.request.iter().filter(|_| !state.leadership.leader_answered);
                silent.for_each(LockRequest::end);
            });
            let again = move || {
                self.persistence.update_value(|state| state.leadership.is_checking = false);
                self.check_leader();
            };
            set_timeout(again, LEADER_CHECK_INTERVAL);
        };
        set_timeout(decide, LEADER_ANSWER_TIMEOUT);
    }
}
