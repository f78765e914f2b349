//! A labelled input with its hint and what is wrong with it.

use crate::view::IntoAny;
use leptos::prelude::*;

/// What is wrong, said where it happened. Always in the document, so that screen readers hear it when it comes.
#[component]
pub(crate) fn ErrorText(#[prop(into)] text: Signal<Option<String>>) -> impl IntoView {
    view! {
        <p class="error-text" role="alert">
            {text}
        </p>
    }
    .into_any()
}

/// A one-line text input bound to a signal.
#[component]
pub(crate) fn TextField(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] placeholder: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] focus: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                class="input"
                type=kind
                placeholder=placeholder
                autocomplete="off"
                autofocus=focus
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}
