//! The browser's storage of a person, and the channel between their tabs. It makes no decisions.

pub(crate) mod database;
pub(crate) mod drafts;
mod records;
pub(crate) mod tabs;
pub(crate) mod worker;

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::window;
pub(crate) use records::{PeerMessage, Unreadable};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// Why nothing is persisted.
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
    /// The person said that the device is not theirs.
    Shared,
}

/// Evicts the rooms, people and pages of all accounts from this browser. Unsent messages stay. Times out after
/// [`EMPTY_TIMEOUT_MS`]: the page goes on.
pub(crate) async fn empty() {
    worker::forget_pages();
    let emptied = future_to_promise(async {
        database::empty_all().await;
        Ok(JsValue::UNDEFINED)
    });
    let late = Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, EMPTY_TIMEOUT_MS);
    });
    let _ = JsFuture::from(Promise::race(&Array::of2(&emptied, &late))).await;
}

/// How long emptying may take, in milliseconds: a database may wait for another tab.
const EMPTY_TIMEOUT_MS: i32 = 2_000;

/// A method by its name: the bindings do not know everything, or not as it is.
pub(crate) fn method(of: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(of, &name.into())?.dyn_into()
}

/// Requests persistent storage: the browser does not evict it when space runs short. It decides by itself, or asks the person.
pub(crate) fn request_persistence() {
    // Not in every browser.
    let storage = Reflect::get(&window().navigator(), &"storage".into());
    if let Ok(storage) = storage
        && let Ok(persist) = method(&storage, "persist")
    {
        let _ = persist.call0(&storage);
    }
}
