//! A text area that grows with its text. Style sheets can say so (`field-sizing`), but not in every browser.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// What is in the area.
pub(crate) fn text(area: &HtmlTextAreaElement) -> String {
    area.value()
}

/// Makes the area as high as its text where the style sheet alone does not; the largest height is the style sheet's.
/// Measures in the next frame: the view writes a changed text into the area after the effects that call this.
pub(crate) fn fit(area: &HtmlTextAreaElement) {
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let area = area.clone();
    request_animation_frame(move || {
        let style = area.unchecked_ref::<web_sys::HtmlElement>().style();
        let _ = style.set_property("height", "auto");
        let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
    });
}
