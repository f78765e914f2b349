//! The frame of the sign-in pages: the mark, a form that is posted as it is, and the way to the other page.

use crate::boot::Boot;
use crate::components::icon::{self, Icon};
use crate::components::logo::Logo;
use crate::state::api::escape;
use crate::view::{AnyView, IntoAny};
use leptos::prelude::*;

/// The address of another sign-in page, which leads on to the same place.
pub(crate) fn with_next(page: &str, next: &str) -> String {
    match next {
        "" | "/" => page.to_owned(),
        next => format!("{page}?next={}", escape(next)),
    }
}

/// The choice that nothing is kept on this device.
#[component]
pub(crate) fn NotMyDevice(ticked: bool) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="checkbox" name="shared" checked=ticked />
            <span>"This is not my device. Keep nothing on it, and sign me out when the browser closes."</span>
        </label>
    }
}

/// Title and form. Works the same with and without scripts.
#[component]
pub(crate) fn AuthCard<C: IntoView + 'static>(
    title: &'static str,
    lead: &'static str,
    action: &'static str,
    error: Option<String>,
    next: String,
    children: TypedChildren<C>,
    /// The line under the form.
    #[prop(into)]
    below: AnyView,
) -> impl IntoView {
    let about = expect_context::<Boot>().about;
    view! {
        <main class="auth" id="main">
            <div class="auth-brand">
                <Logo />
                <span>{if about.name.is_empty() { "Jackdaw".to_owned() } else { about.name }}</span>
            </div>
            <div class="auth-card">
                <h1 class="auth-title">{title}</h1>
                <p class="auth-lead">{lead}</p>
                {error
                    .map(|error| {
                        view! {
                            <p class="auth-error" role="alert">
                                <Icon path=icon::ALERT />
                                <span>{error}</span>
                            </p>
                        }
                    })}
                <form method="post" action=action class="auth-form">
                    <input type="hidden" name="next" value=next />
                    {children.into_inner()().into_any()}
                </form>
            </div>
            <p class="auth-below">{below}</p>
            {about_link(about.imprint, "Imprint")}
            {about_link(about.privacy, "Privacy")}
        </main>
    }
}

fn about_link(address: String, name: &'static str) -> Option<impl IntoView> {
    (!address.is_empty()).then(|| view! { <a class="link" rel="external" href=address>{name}</a> })
}

/// One input of such a form.
#[component]
pub(crate) fn AuthField(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] value: String,
    #[prop(default = true)] required: bool,
    #[prop(optional)] focus: bool,
    limits: (usize, usize),
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                class="input"
                type=kind
                value=value
                required=required
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                autofocus=focus
                minlength=limits.0.to_string()
                maxlength=limits.1.to_string()
                aria-describedby=described_by
            />
            {(!hint.is_empty())
                .then(|| {
                    view! {
                        <p class="hint" id=hint_id>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_survives_the_other_form() {
        assert_eq!(with_next("/login", "/"), "/login");
        assert_eq!(with_next("/login", "/rooms/x?a=1&b=2#c"), "/login?next=%2Frooms%2Fx%3Fa%3D1%26b%3D2%23c");
    }
}
