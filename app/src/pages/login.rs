//! `/login`

use crate::boot::Form;
use crate::components::auth_card::{AuthCard, AuthField, NotMyDevice, with_next};
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::limits::{PASSWORD_CHARS, USERNAME_CHARS};

/// Asks for name and password.
#[component]
pub(crate) fn Login(form: Form, open: bool) -> impl IntoView {
    let register = with_next("/register", &form.next);
    let below = if open {
        view! { "New here? " <a class="link" href=register>"Create an account"</a> }.into_any()
    } else {
        "New here? Ask the administrator for an invite.".into_any()
    };
    let typed = !form.username.is_empty();
    view! {
        <AuthCard
            title="Sign in"
            lead="Good to see you back."
            action="/login"
            error=form.error
            next=form.next
            below
        >
            <AuthField
                name="username"
                label="User name"
                kind="text"
                autocomplete="username"
                value=form.username
                focus=!typed
                limits=(1, USERNAME_CHARS.1)
            />
            <AuthField
                name="password"
                label="Password"
                kind="password"
                autocomplete="current-password"
                focus=typed
                limits=(1, PASSWORD_CHARS.1)
            />
            <NotMyDevice ticked=form.shared />
            <button type="submit" class="button button-primary button-wide">
                "Sign in"
            </button>
        </AuthCard>
    }
}
