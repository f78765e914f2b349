//! What stands in for a page that the server could not render.

use crate::components::logo::Logo;
use leptos::prelude::*;

/// The sentence, and a way to try again.
#[component]
pub(crate) fn Problem(message: String) -> impl IntoView {
    view! {
        <main class="auth" id="main">
            <div class="empty">
                <Logo />
                <h1 class="empty-title">"That did not work"</h1>
                <p role="alert">{message}</p>
                <a class="button button-primary" rel="external" href="/">
                    "Try again"
                </a>
            </div>
        </main>
    }
}
