//! A modal dialog. It exists only while it is open; the browser holds the focus inside and gives it back.

use crate::components::icon::{self, Icon};
use crate::dom;
use crate::erase::{Erase, effect, press};
use crate::state::Dialogs;
use leptos::html;
use leptos::prelude::*;

/// The frame of every dialog: a title, a way out, and what it is about.
#[component]
pub(crate) fn Modal<C: IntoView + 'static>(
    #[prop(into)] title: String,
    #[prop(optional)] side: bool,
    children: TypedChildren<C>,
) -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let element = NodeRef::<html::Dialog>::new();
    effect(move || {
        if let Some(dialog) = element.get() {
            dom::dialog::show(&dialog);
        }
    });
    let close = move || {
        if let Some(dialog) = element.get_untracked() {
            dom::dialog::close(&dialog);
        }
    };
    view! {
        <dialog
            node_ref=element
            class=if side { "dialog dialog-side" } else { "dialog" }
            aria-labelledby="dialog-title"
            on:close=move |_| dialogs.close()
            on:click=press(move |event| {
                if dom::dialog::is_backdrop(&event) {
                    close();
                }
            })
        >
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id="dialog-title" class="dialog-title">
                        {title}
                    </h2>
                    <button type="button" class="icon-button" aria-label="Close" on:click=press(move |_| close())>
                        <Icon path=icon::CLOSE />
                    </button>
                </header>
                {children.into_inner()().late()}
            </div>
        </dialog>
    }
}
