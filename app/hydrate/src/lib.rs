//! The browser's entry: a crate of its own because cargo builds every crate type of a dependency,
//! and the server must not pay for a cdylib.

/// Called by the page's loader once the module is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    app::hydrate();
}
