//! Whose turn it is to send among the tabs of this browser, over the life of the page: waiting for it, having it, giving it
//! up while this tab is parked, and taking it from a tab that the browser has suspended.

use crate::state::Chat;
use crate::storage::tabs::{self, Held, Waiting};
use client::{ConnectionState, Engine, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long the tab that sends may take to answer whether it is there.
const LEADER_ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Between two such questions while something waits to be sent.
const LEADER_CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// How this tab stands to the turn. Never touched on the server.
#[derive(Default)]
pub(crate) struct Standing {
    /// Held by this tab.
    held: Option<Held>,
    /// This tab waits for it.
    is_waiting: bool,
    /// What ends that.
    waiting: Option<Waiting>,
    /// Whether the owner is being asked, or was a moment ago.
    watches: bool,
    /// Whether it has answered since.
    answered: bool,
}

impl Chat {
    fn is_parked(self) -> bool {
        self.connection.with_untracked(|state| *state == ConnectionState::Parked)
    }

    /// Waits for the turn, unless this tab does already, or is parked: then others send.
    pub(super) fn seek_turn(self) {
        let waits = self.keeping.try_update_value(|kept| {
            let turn = &mut kept.turn;
            // Without locks nobody waits.
            let may = kept.tabs.is_some() && turn.held.is_none() && !turn.is_waiting;
            turn.is_waiting |= may;
            may
        });
        if waits != Some(true) {
            return;
        }
        self.watch_owner();
        spawn_local(async move {
            let waiting = Waiting::new();
            self.keeping.update_value(|kept| kept.turn.waiting.clone_from(&waiting));
            let mut held = tabs::turn(self.me, waiting.as_ref()).await;
            if held.is_none() {
                held = tabs::steal_turn(self.me).await;
            }
            self.keeping.update_value(|kept| (kept.turn.is_waiting, kept.turn.waiting) = (false, None));
            let Some(held) = held else { return };
            if self.is_parked() {
                return held.release();
            }
            let kept = self.restore().await;
            self.hold_turn(held, kept).await;
        });
    }

    /// Sends until the turn is given up or taken, then waits for it again.
    pub(super) async fn hold_turn(self, held: Held, rooms: bool) {
        self.keeping.update_value(|kept| kept.turn.held = Some(held.clone()));
        self.own(rooms);
        if self.is_parked() {
            held.release();
        }
        held.ended().await;
        self.keeping.update_value(|kept| (kept.turn.held, kept.owns) = (None, false));
        self.dispatch(Input::Follow);
        self.restore().await;
        if !self.is_parked() {
            self.seek_turn();
        }
    }

    /// This tab has no connection, and will not have one by itself: another one may send.
    pub(super) fn give_up_turn(self) {
        self.keeping.with_value(|kept| kept.turn.held.iter().for_each(Held::release));
    }

    /// Another tab asks whether the one that sends is there.
    pub(super) fn answer_for_turn(self) {
        self.keeping.with_value(|kept| kept.tabs.iter().filter(|_| kept.owns).for_each(tabs::Tabs::answer));
    }

    pub(super) fn owner_is_here(self) {
        self.keeping.update_value(|kept| kept.turn.answered = true);
    }

    /// While something waits here to be sent by another tab, asks that one whether it is there. A browser may have
    /// suspended it with the turn in its hand: then it is taken. What both send is stored once.
    pub(super) fn watch_owner(self) {
        let asks = self.engine.with_value(Engine::has_unsent)
            && self.keeping.try_update_value(|kept| {
                let turn = &mut kept.turn;
                let asks = turn.is_waiting && !turn.watches && !kept.owns;
                if asks {
                    (turn.watches, turn.answered) = (true, false);
                    kept.tabs.iter().for_each(tabs::Tabs::ask_owner);
                }
                asks
            }) == Some(true);
        if !asks {
            return;
        }
        let decide = move || {
            self.keeping.with_value(|kept| {
                // The waiting ends without the turn, which is taken then.
                let silent = kept.turn.waiting.iter().filter(|_| !kept.turn.answered);
                silent.for_each(Waiting::end);
            });
            let again = move || {
                self.keeping.update_value(|kept| kept.turn.watches = false);
                self.watch_owner();
            };
            set_timeout(again, LEADER_CHECK_INTERVAL);
        };
        set_timeout(decide, LEADER_ANSWER_TIMEOUT);
    }
}
