//! The mark: a jackdaw's head in profile. Dark crown, silver nape, pale eye.

use leptos::prelude::*;

#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <path class="logo-head" d="M4 29.5V15.2C4 8.2 9.3 3 16 3c5.4 0 9.7 3.2 11.3 8l3.4 2.7c.7.6.5 1.6-.4 1.9l-3.2.9C25.6 23.6 22 29.5 16.2 29.5Z" />
            <path class="logo-nape" d="M4 29.5V15.2C4 11.4 5.5 8.2 8 6c-.5 6.5 2.2 9.3 2.9 13.5.6 3.6-.5 7-2.7 10Z" />
            <circle class="logo-eye" cx="19.2" cy="11.4" r="3.1" />
            <circle class="logo-pupil" cx="19.6" cy="11.4" r="1.4" />
        </svg>
    }
}
