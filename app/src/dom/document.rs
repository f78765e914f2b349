//! The document as a whole: its title, where it is, whether it is seen, and what has the focus.

use leptos::ev;
use leptos::prelude::{RwSignal, Set, document, location, window, window_event_listener};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, HtmlTextAreaElement, VisibilityState};

/// The JSON that the server embedded.
pub(crate) fn boot_json() -> Option<String> {
    document().get_element_by_id("boot")?.text_content()
}

/// Names the tab.
pub(crate) fn set_title(title: &str) {
    document().set_title(title);
}

/// What was typed into the composer before the page became live.
pub(crate) fn typed_before() -> String {
    let area = document().get_element_by_id("composer").and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok());
    area.map(|area| area.value()).unwrap_or_default()
}

/// Asks the person, who answers before anything else happens.
pub(crate) fn confirm(question: &str) -> bool {
    window().confirm_with_message(question).unwrap_or(true)
}

/// After a panic nothing of the page works any more: says so without any of it, and offers to load the page anew. The form
/// is the browser's own, since a link or a listener would lead into what has stopped.
pub(crate) fn show_crash() {
    const ID: &str = "crash";
    let page = document();
    let Some(body) = page.body().filter(|_| page.get_element_by_id(ID).is_none()) else { return };
    let element = |name: &str, class: &str| {
        let element = page.create_element(name).ok()?;
        element.set_class_name(class);
        Some(element)
    };
    let built = || {
        let (form, text, button) =
            (element("form", "notice notice-warn")?, element("span", "")?, element("button", "notice-action")?);
        form.set_id(ID);
        form.set_attribute("role", "alert").ok()?;
        text.set_text_content(Some("This page has stopped working. Messages that wait to be sent are kept."));
        button.set_text_content(Some("Reload"));
        form.append_with_node_2(&text, &button).ok()?;
        body.prepend_with_node_1(&form).ok()
    };
    built();
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = location().reload();
}

/// Leaves for the sign-in page, which comes back here afterwards.
pub(crate) fn to_login() {
    let here = location().pathname().unwrap_or_default();
    let next = String::from(js_sys::encode_uri_component(&here));
    let _ = location().assign(&format!("/login?next={next}"));
}

/// Keeps the signal at whether the page can be seen.
pub(crate) fn follow_visibility(visible: RwSignal<bool>) {
    let read = move || visible.set(document().visibility_state() == VisibilityState::Visible);
    read();
    // The event is fired at the document and reaches the window. The page lives as long as its listeners.
    window_event_listener(ev::visibilitychange, move |_| read());
}

/// Calls when the browser says that the network is back, or that the page goes on after it was suspended.
pub(crate) fn on_resumed(run: impl Fn() + 'static) {
    // The page lives as long as its listeners.
    let run = Closure::<dyn Fn()>::new(run).into_js_value();
    let run = run.unchecked_ref();
    let _ = window().add_event_listener_with_callback("online", run);
    let _ = window().add_event_listener_with_callback("pageshow", run);
    // Fired at the document only.
    let _ = document().add_event_listener_with_callback("resume", run);
}

/// Whether the window shows another document by now, while code of this one still runs.
pub(crate) fn is_left() -> bool {
    document().default_view().is_none()
}

/// Gives the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// After a change of page: to the composer where there is a keyboard, else to the page itself, so that a screen reader
/// starts there and no on-screen keyboard opens by itself.
pub(crate) fn focus_after_navigation() {
    let coarse = window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches());
    let composer = document().get_element_by_id("composer").is_some();
    focus(if composer && !coarse { "composer" } else { "main" });
}
