//! A destructive action in two steps: the button turns into a question with a way back.

use crate::view::IntoAny;
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
    let (ask, no) = (NodeRef::<html::Button>::new(), NodeRef::<html::Button>::new());
    // The button that had the focus is gone: it goes to the harmless answer, and back.
    Effect::new(move |_| {
        if let Some(no) = no.get() {
            let _ = no.focus();
        }
    });
    let cancel = move |_| {
        asking.set(false);
        request_animation_frame(move || {
            if let Some(ask) = ask.try_get_untracked().flatten() {
                let _ = ask.focus();
            }
        });
    };
    move || {
        if !asking.get() {
            return view! {
                <button
                    type="button"
                    class="button button-quiet button-danger"
                    node_ref=ask
                    on:click=move |_| asking.set(true)
                >
                    {label}
                </button>
            }
            .into_any();
        }
        view! {
            <div class="confirm" role="group" aria-label=question>
                <span class="grow">{question}</span>
                <button type="button" class="button" node_ref=no on:click=cancel>
                    "Cancel"
                </button>
                <button
                    type="button"
                    class="button button-danger-solid"
                    on:click=move |_| {
                        asking.set(false);
                        on_yes.run(());
                    }
                >
                    {yes}
                </button>
            </div>
        }
        .into_any()
    }
}
