//! A modal dialog. It exists only while it is open; the browser holds the focus inside and gives it back.

use crate::components::icon::{self, Icon};
use crate::dom;
use crate::state::Dialogs;
use crate::view::IntoAny;
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
    Effect::new(move |_| {
        if let Some(dialog) = element.get() {
            dom::dialog::show(&dialog);
        }
    });
    // The page removes a dialog after an action in it: one that is still open then would take the focus with it.
    on_cleanup(move || {
        if let Some(dialog) = element.get_untracked() {
            dom::dialog::dismiss(&dialog);
        }
    });
    let opened = dialogs.open.get_untracked();
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
            on:close=move |_| dialogs.closed(opened)
            on:click=move |event| {
                if dom::dialog::is_backdrop(&event) {
                    close();
                }
            }
        >
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id="dialog-title" class="dialog-title">
                        {title}
                    </h2>
                    <button type="button" class="icon-button" aria-label="Close" on:click=move |_| close()>
                        <Icon path=icon::CLOSE />
                    </button>
                </header>
                {children.into_inner()().into_any()}
            </div>
        </dialog>
    }
}
