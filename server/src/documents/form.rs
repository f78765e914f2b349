//! Parts of forms. Plain functions: the component macro of Leptos makes what it generates public.

use leptos::prelude::*;

/// One input with its label.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) value: &'a str,
    /// A sentence below it; may be empty.
    pub(super) hint: &'static str,
    /// Characters: at least and at most. From 0 on it need not be filled in.
    pub(super) limits: (usize, usize),
}

impl Field<'_> {
    /// A field of text with this name, to be completed.
    pub(super) const fn text(name: &'static str, label: &'static str, limits: (usize, usize)) -> Self {
        Field { name, label, kind: "text", autocomplete: "off", value: "", hint: "", limits }
    }

    /// A field for a password; `autocomplete` tells a password manager which.
    pub(super) const fn password(name: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Field { kind: "password", autocomplete, ..Self::text(name, label, protocol::limits::PASSWORD_CHARS) }
    }

    pub(super) fn view(self) -> impl IntoView + use<> {
        let Self { name, label, kind, autocomplete, value, hint, limits } = self;
        let hint_id = format!("{name}-hint");
        let required = limits.0 > 0;
        let described_by = (!hint.is_empty()).then(|| hint_id.clone());
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input
                    id=name
                    name=name
                    class="input"
                    type=kind
                    value=value.to_owned()
                    required=required
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    minlength=limits.0.to_string()
                    maxlength=limits.1.to_string()
                    aria-describedby=described_by
                />
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            </div>
        }
    }
}

/// A form of one button, which posts to this address. `about`: the person or thing that it concerns, for screen readers.
pub(super) fn button(action: String, label: &'static str, about: &str, is_danger: bool) -> impl IntoView + use<> {
    let class = if is_danger { "button button-small button-danger" } else { "button button-small" };
    let about = (!about.is_empty()).then(|| format!(" {about}"));
    view! {
        <form method="post" action=action>
            <button type="submit" class=class>
                {label} {about.map(|about| view! { <span class="sr-only">{about}</span> })}
            </button>
        </form>
    }
}

/// A form with some fields and a button.
pub(super) fn form(action: String, fields: Vec<AnyView>, label: &'static str, is_danger: bool) -> impl IntoView {
    let class = if is_danger { "button button-danger-solid" } else { "button button-primary" };
    view! {
        <form method="post" action=action class="document-form">
            {fields}
            <button type="submit" class=class>{label}</button>
        </form>
    }
}

/// A form with one field, which asks this address for what matches.
pub(super) fn search(action: &'static str, field: Field<'_>) -> impl IntoView + use<> {
    view! {
        <form method="get" action=action class="document-form" role="search">
            {Field { kind: "search", ..field }.view()}
            <button type="submit" class="button">"Search"</button>
        </form>
    }
}
