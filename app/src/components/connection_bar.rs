//! Says in words when the page is not live: the connection is being made, is lost, or the session is over.

use crate::dom::{clock::monotonic_ms, document, focus};
use crate::state::Chat;
use crate::view::IntoAny;
use client::{ConnectionState, Input};
use leptos::prelude::*;
use std::time::Duration;

/// What there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// All is well.
    Nothing,
    /// The page has only just opened: a connection is on its way.
    First,
    /// The connection is lost, also while a new one is tried.
    Lost,
    /// The server closed this connection, because there are too many.
    Parked,
    /// The session has ended.
    SignedOut,
    /// The server speaks a later protocol.
    Outdated,
}

/// Stands above the page; empty while all is well. A first connection is mentioned only if it takes long (style sheet).
#[component]
pub(crate) fn ConnectionBar() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let notice = Memo::new(move |before: Option<&Notice>| match chat.connection.get() {
        _ if chat.outdated.get() => Notice::Outdated,
        ConnectionState::Online => Notice::Nothing,
        ConnectionState::Connecting if matches!(before, None | Some(Notice::First)) => Notice::First,
        ConnectionState::Connecting => Notice::Lost,
        ConnectionState::Waiting { .. } => Notice::Lost,
        ConnectionState::Parked => Notice::Parked,
        ConnectionState::SignedOut => Notice::SignedOut,
    });
    let class = move || if notice.get() == Notice::First { "connection connection-soft" } else { "connection" };
    let view = move || {
        focus::keep();
        match notice.get() {
            Notice::Nothing => ().into_any(),
            Notice::First => view! { <p class="notice">"Connecting…"</p> }.into_any(),
            Notice::Lost => view! { <Lost /> }.into_any(),
            Notice::Parked => view! { <Parked /> }.into_any(),
            Notice::SignedOut => view! { <SignedOut /> }.into_any(),
            Notice::Outdated => view! { <Outdated /> }.into_any(),
        }
    };
    view! {
        <div class=class role="status">
            {view}
        </div>
    }
    .into_any()
}

/// When the next try comes is for the eye only: read out, it would never end.
#[component]
fn Lost() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let now = RwSignal::new(monotonic_ms());
    let next = move || match chat.connection.get() {
        ConnectionState::Waiting { retry_at } => {
            format!("Trying again in {} s.", retry_at.saturating_sub(now.get()).div_ceil(1_000))
        }
        _ => "Trying now…".to_owned(),
    };
    Effect::new(move |_| {
        let ticking = set_interval_with_handle(move || now.set(monotonic_ms()), Duration::from_millis(500));
        on_cleanup(move || {
            if let Ok(handle) = ticking {
                handle.clear();
            }
        });
    });
    view! {
        <p class="notice notice-warn">
            <span>"No connection. Messages wait here until it is back."</span>
            <span aria-hidden="true">{next}</span>
            <button type="button" class="notice-action" on:click=move |_| chat.dispatch(Input::ConnectNow)>
                "Try now"
            </button>
        </p>
    }
}

#[component]
fn Parked() -> impl IntoView {
    let chat = expect_context::<Chat>();
    view! {
        <p class="notice notice-warn">
            <span>"Paused: Jackdaw is open in too many tabs."</span>
            <button type="button" class="notice-action" on:click=move |_| chat.dispatch(Input::ConnectNow)>
                "Connect"
            </button>
        </p>
    }
}

#[component]
fn SignedOut() -> impl IntoView {
    view! {
        <p class="notice notice-warn">
            <span>"Your session has ended."</span>
            <button type="button" class="notice-action" on:click=move |_| document::to_login()>
                "Sign in"
            </button>
        </p>
    }
}

#[component]
fn Outdated() -> impl IntoView {
    view! {
        <p class="notice">
            <span>"A new version is here."</span>
            <button type="button" class="notice-action" on:click=move |_| document::reload()>
                "Reload"
            </button>
        </p>
    }
}
