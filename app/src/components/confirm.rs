//! A destructive action in two steps: the button turns into a question with a way back.

use crate::erase::{effect, press};
use leptos::html;
use leptos::prelude::*;

/// `label` asks, `yes` does. `question` says what will happen.
#[component]
pub(crate) fn Confirm(
    #[prop(into)] label: String,
    #[prop(into)] question: String,
    #[prop(into)] yes: String,
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
    let (label, question, yes) = (StoredValue::new(label), StoredValue::new(question), StoredValue::new(yes));
    let ask = move || {
        view! {
            <button type="button" class="button button-quiet button-danger" on:click=press(move |_| asking.set(true))>
                {label.get_value()}
            </button>
        }
    };
    view! {
        <Show when=move || asking.get() fallback=ask>
            <div class="confirm" role="group" aria-label=question.get_value()>
                <span class="grow">{question.get_value()}</span>
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
                    {yes.get_value()}
                </button>
            </div>
        </Show>
    }
}
