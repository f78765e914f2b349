//! The browser's history, and the links that change it.

use leptos::ev::{self, MouseEvent};
use leptos::prelude::{location, window, window_event_listener};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement};

/// The path that the browser is at.
pub(crate) fn path() -> String {
    location().pathname().unwrap_or_default()
}

/// Adds an entry for a path of this site.
pub(crate) fn push(path: &str) {
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Calls `go` with the path of each link that is followed and of each step back or forth. Where it answers false
/// the browser loads the page instead. The page lives as long as its listeners.
pub(crate) fn follow(go: impl Fn(&str) -> bool + Copy + 'static) {
    window_event_listener(ev::click, move |event| {
        let Some(path) = followed(&event) else { return };
        if go(&path) {
            event.prevent_default();
            push(&path);
        }
    });
    window_event_listener(ev::popstate, move |_| {
        if !go(&path()) {
            super::document::reload();
        }
    });
}

/// Whether a click on a link follows it in this tab, and does not open or save it elsewhere.
pub(crate) fn is_plain(event: &MouseEvent) -> bool {
    let modified = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    event.button() == 0 && !modified
}

/// The path of the link that a plain click on this page of this site follows.
fn followed(event: &MouseEvent) -> Option<String> {
    if event.default_prevented() || !is_plain(event) {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    let here = location().origin().ok()?;
    let is_plain = link.target().is_empty() && !link.has_attribute("download") && link.hash().is_empty();
    (is_plain && link.origin() == here && link.search().is_empty()).then(|| link.pathname())
}
