//! Says in words when the page is not live: the connection is being made, is lost, or the session is over.

use crate::dom::{clock::monotonic_ms, document};
use crate::state::Chat;
use client::{ConnectionState, Input};
use leptos::prelude::*;
use std::time::Duration;

/// Stands above the page; empty while all is well. A first connection is mentioned only if it takes long (style sheet).
#[component]
pub(crate) fn ConnectionBar() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let class = move || match chat.connection.get() {
        ConnectionState::Connecting if !chat.outdated.get() => "connection connection-soft",
        _ => "connection",
    };
    let notice = move || {
        if chat.outdated.get() {
            return view! { <Outdated /> }.into_any();
        }
        match chat.connection.get() {
            ConnectionState::Online => ().into_any(),
            ConnectionState::Connecting => view! { <p class="notice">"Connecting…"</p> }.into_any(),
            ConnectionState::Waiting { retry_at } => view! { <Waiting retry_at /> }.into_any(),
            ConnectionState::SignedOut => view! { <SignedOut /> }.into_any(),
        }
    };
    view! {
        <div class=class role="status">
            {notice}
        </div>
    }
    .into_any()
}

/// The seconds are for the eye only: read out, they would never end.
#[component]
fn Waiting(retry_at: u64) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let left = move || retry_at.saturating_sub(monotonic_ms()).div_ceil(1_000);
    let seconds = RwSignal::new(left());
    Effect::new(move |_| {
        let ticking = set_interval_with_handle(move || seconds.set(left()), Duration::from_millis(500));
        on_cleanup(move || {
            if let Ok(handle) = ticking {
                handle.clear();
            }
        });
    });
    view! {
        <p class="notice notice-warn">
            <span>"No connection. What you write is kept."</span>
            <span aria-hidden="true">{move || format!("Trying again in {} s.", seconds.get())}</span>
            <button type="button" class="notice-action" on:click=move |_| chat.dispatch(Input::ConnectNow)>
                "Try now"
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
