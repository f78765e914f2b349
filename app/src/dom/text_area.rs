//! A text area that grows with its text. Style sheets can say so (`field-sizing`), but not in every browser.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// Makes the area as high as its text where the style sheet alone does not; the largest height is the style sheet's.
pub(crate) fn fit(area: &HtmlTextAreaElement) {
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let style = area.unchecked_ref::<web_sys::HtmlElement>().style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}
