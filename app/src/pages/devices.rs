//! `/devices`: where the person is signed in, and how to end it.

use crate::boot::{Boot, BootPage};
use crate::components::icon::{self, Icon};
use crate::components::sidebar::SIGN_OUT;
use crate::components::time_label::{Style, TimeLabel};
use crate::state::{Chat, api};
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Session;

/// The list. Ending a session is a plain form, so that it works whatever else does not.
#[component]
pub(crate) fn Devices() -> impl IntoView {
    let boot = expect_context::<Boot>();
    let rendered = match boot.page {
        BootPage::Devices { sessions } => sessions,
        _ => Vec::new(),
    };
    let sessions = RwSignal::new(rendered);
    let problem = RwSignal::new(None);
    Effect::new(move |_| {
        spawn_local(async move {
            match api::list_sessions().await {
                Ok(found) => sessions.set(found),
                Err(error) => problem.set(Some(error.message)),
            }
        });
    });
    view! {
        <header class="bar">
            <a class="icon-button bar-back" href="/" aria-label="Back to the list of rooms">
                <Icon path=icon::BACK />
            </a>
            <div class="min-w-0 grow">
                <h1 class="bar-title">"Devices"</h1>
                <p class="bar-note">"Where you are signed in"</p>
            </div>
        </header>
        <div class="pane">
            <p class="pane-lead">
                "A device that you sign out is cut off at once. Sign out any that you do not recognise."
            </p>
            {move || problem.get().map(|problem| view! { <p class="error-text" role="alert">{problem}</p> }.into_any())}
            <ul class="cards">
                <For each=move || sessions.get() key=|session| session.id let(session)>
                    <Device session />
                </For>
            </ul>
            <p class="pane-title"><a class="link" href="/account" rel="external">"Name, password and account"</a></p>
            <h2 class="pane-title">"Read receipts"</h2>
            <Receipts />
        </div>
    }
    .into_any()
}

/// Whether read marks and last seen are shown, both ways. A plain form: a choice that is made before the page is live, or
/// right before it is left, counts as well.
#[component]
fn Receipts() -> impl IntoView {
    let on = expect_context::<Chat>().user.with_value(|user| user.receipts);
    view! {
        <form id="receipts" method="post" action="/devices/receipts">
            <label class="choice">
                <input type="checkbox" name="receipts" value="true" checked=on />
                <span>"Let others see what I have read and when I was last here, and show me the same of them."</span>
            </label>
            <button type="submit" class="button">"Save"</button>
        </form>
    }
}

#[component]
fn Device(session: Session) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let action = if session.current { SIGN_OUT.to_owned() } else { format!("/devices/{}/revoke", session.id) };
    view! {
        <li class="card" aria-current=session.current.then_some("true")>
            <span class="card-mark">
                <Icon path=icon::DEVICES />
            </span>
            <div class="card-text">
                <p class="card-title">
                    {words::device(&session.user_agent)}
                    {session.current.then(|| view! { <span class="tag">"This device"</span> })}
                </p>
                <p class="card-note">
                    "Last active " <TimeLabel at=session.last_seen_at style=Style::Full /> ". Signed in "
                    <TimeLabel at=session.created_at style=Style::Full /> "."
                </p>
            </div>
            <form
                method="post"
                action=action
                on:submit=move |event| {
                    if session.current {
                        chat.sign_out(&event);
                    }
                }
            >
                <button type="submit" class="button">
                    "Sign out"
                    {(!session.current)
                        .then(|| view! { <span class="sr-only">{format!(" {}", words::device(&session.user_agent))}</span> })}
                </button>
            </form>
        </li>
    }
    .into_any()
}
