//! What stands at an address where nothing is.

use crate::components::logo::Logo;
use leptos::prelude::*;

/// Says so, and shows the way home.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <main class="auth" id="main">
            <div class="empty">
                <Logo />
                <h1 class="empty-title">"Nothing here"</h1>
                <p>"This page does not exist, or the room is not open to you."</p>
                <a class="button button-primary" rel="external" href="/">
                    "Go to your rooms"
                </a>
            </div>
        </main>
    }
}
