//! `/register`

use crate::boot::Form;
use crate::components::auth_card::{AuthCard, AuthField, NotMyDevice, with_next};
use crate::view::{AnyView, IntoAny};
use leptos::prelude::*;
use protocol::limits::{DISPLAY_NAME_CHARS, PASSWORD_CHARS, USERNAME_CHARS};

/// Makes an account, where that is open to anybody, or with the code of an invite.
#[component]
pub(crate) fn Register(form: Form, open: bool) -> impl IntoView {
    let login = with_next("/login", &form.next);
    let below = view! { "Have an account already? " <a class="link" href=login>"Sign in"</a> }.into_any();
    if open || !form.code.is_empty() {
        view! { <OpenForm form below /> }.into_any()
    } else {
        view! { <Closed below /> }.into_any()
    }
}

#[component]
fn Closed(below: AnyView) -> impl IntoView {
    view! {
        <main class="auth" id="main">
            <div class="auth-card">
                <h1 class="auth-title">"An account needs an invite"</h1>
                <p class="auth-lead">"Ask the administrator of this server for an invite link, or for an account."</p>
            </div>
            <p class="auth-below">{below}</p>
        </main>
    }
}

#[component]
fn OpenForm(form: Form, below: AnyView) -> impl IntoView {
    view! {
        <AuthCard
            title="Create an account"
            lead="One account for all your devices."
            action="/register"
            error=form.error
            next=form.next
            below
        >
            <AuthField
                name="username"
                label="User name"
                kind="text"
                autocomplete="username"
                hint="Letters a to z, digits, dots and dashes. You sign in with it."
                value=form.username
                focus=true
                limits=USERNAME_CHARS
            />
            <AuthField
                name="display_name"
                label="Name to show (optional)"
                kind="text"
                autocomplete="name"
                value=form.display_name
                required=false
                limits=(0, DISPLAY_NAME_CHARS.1)
            />
            <AuthField
                name="password"
                label="Password"
                kind="password"
                autocomplete="new-password"
                hint="At least 8 characters. A few words make a good one."
                limits=PASSWORD_CHARS
            />
            <input type="hidden" name="code" value=form.code />
            <NotMyDevice ticked=form.shared />
            <button type="submit" class="button button-primary button-wide">
                "Create account"
            </button>
        </AuthCard>
    }
}
