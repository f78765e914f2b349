//! A destructive action in two steps: the button turns into a question with a way back.

use crate::erase::{Erase, effect, live, press};
use leptos::html;
use leptos::prelude::*;

/// `label` asks, `yes` does. `question` says what will happen.
#[component]
pub(crate) fn Confirm(
    label: &'static str,
    question: &'static str,
    yes: &'static str,
    on_yes: Callback<()>,
) -> impl IntoView {
    let asking = RwSignal::new(false);
    let no = NodeRef::<html::Button>::new();
    // The focus goes to the harmless answer: the button that had it is gone.
    effect(move || {
        if let Some(no) = no.get() {
            let _ = no.focus();
        }
    });
    live(move || {
        if !asking.get() {
            return view! {
                <button type="button" class="button button-quiet button-danger" on:click=press(move |_| asking.set(true))>
                    {label}
                </button>
            }
            .late();
        }
        view! {
            <div class="confirm" role="group" aria-label=question>
                <span class="grow">{question}</span>
                <button type="button" class="button" node_ref=no on:click=press(move |_| asking.set(false))>
                    "Cancel"
                </button>
                <button
                    type="button"
                    class="button button-danger-solid"
                    on:click=press(move |_| {
                        asking.set(false);
                        on_yes.run(());
                    })
                >
                    {yes}
                </button>
            </div>
        }
        .late()
    })
}
