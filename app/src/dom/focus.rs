//! Keeps the keyboard focus while the page changes.

use leptos::prelude::{document, queue_microtask, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

/// What can have the focus.
const CONTROLS: &str = "a[href], button:enabled, input:enabled, textarea:enabled, summary, [tabindex]";

/// Keeps the focus over a change of the page. A closure that renders a list, or another view with controls, calls this
/// before it returns, because elements that are moved or replaced lose the focus. Afterwards the same element has it, or
/// the one with the same id; where there is none, the nearest control around it; at last the page.
pub(crate) fn keep() {
    // Without the body and its child, which every control is in.
    let mut around: Vec<Element> = std::iter::successors(focused(), |element| element.parent_element()).collect();
    around.truncate(around.len().saturating_sub(3));
    if around.is_empty() {
        return;
    }
    let id = around[0].id();
    // The change follows at once, and this after it, before the next frame.
    queue_microtask(move || {
        let is_restored = |element: &Element| {
            let controls = element.query_selector(CONTROLS).ok().flatten();
            element.is_connected() && (focus(element) || controls.is_some_and(|control| focus(&control)))
        };
        if focused().is_some() {
            return;
        }
        let same = document().get_element_by_id(&id);
        if !same.is_some_and(|same| focus(&same)) && !around.iter().any(is_restored) {
            super::document::focus_after_navigation();
        }
    });
}

/// Gives the focus to the page, unless an element has it by the next frame.
pub(crate) fn recover() {
    request_animation_frame(|| {
        if focused().is_none() {
            super::document::focus_after_navigation();
        }
    });
}

/// The element that has the focus. (The browser names the body where none has.)
fn focused() -> Option<Element> {
    document().active_element().filter(|element| element.tag_name() != "BODY")
}

/// Whether the element takes the focus.
fn focus(element: &Element) -> bool {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let tried = element.dyn_ref::<HtmlElement>().map(|element| element.focus_with_options(&options));
    tried.is_some() && focused().as_ref() == Some(element)
}
