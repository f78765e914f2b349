//! What stands at an address where nothing is.

use crate::components::logo::Logo;
use leptos::prelude::*;

/// As a page of its own.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <main class="auth" id="main">
            <NothingHere />
        </main>
    }
}

/// Says so, and shows the way home. Inside the chat it stands in the pane of the rooms.
#[component]
pub(crate) fn NothingHere() -> impl IntoView {
    view! {
        <div class="empty">
            <Logo />
            <h1 class="empty-title">"Nothing here"</h1>
            <p>"This page does not exist, or the room is not open to you."</p>
            <a class="button button-primary" rel="external" href="/">
                "Go to your rooms"
            </a>
        </div>
    }
}
