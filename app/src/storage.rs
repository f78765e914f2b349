//! What the browser keeps for a person between page lives, and what their tabs share. No decisions are made in here.

pub(crate) mod database;
pub(crate) mod drafts;
mod kept;
pub(crate) mod tabs;
pub(crate) mod worker;

use js_sys::{Function, Reflect};
pub(crate) use kept::{Told, Unreadable};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

/// Why nothing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The browser has no storage for this page, as in some private windows.
    Refused,
    /// There is no space left.
    Full,
    /// A later version of this page has used it.
    Later,
    /// It does not answer.
    Silent,
}

/// A method by its name: the bindings do not know everything, or not as it is.
fn method(of: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(of, &name.into())?.dyn_into()
}

/// Asks the browser not to clear what this site keeps when space runs short. It decides by itself, or asks the person.
pub(crate) fn persist() {
    // Not in every browser.
    let storage = Reflect::get(&window().navigator(), &"storage".into());
    if let Ok(storage) = storage
        && let Ok(persist) = method(&storage, "persist")
    {
        let _ = persist.call0(&storage);
    }
}
