//! The service worker, which keeps pages and their files for when there is no network (`style/assets/sw.js`).

use super::method;
use js_sys::Reflect;
use leptos::prelude::window;

/// Starts it, where the browser has such a thing: pages without https have none.
pub(crate) fn register() {
    let navigator = window().navigator();
    if Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        let _ = navigator.service_worker().register("/sw.js");
    }
}

/// Removes the pages that it has kept. It does so by itself when the sign-in page comes, which may be later.
pub(crate) fn forget_pages() {
    if let Ok(caches) = Reflect::get(&window(), &"caches".into())
        && let Ok(delete) = method(&caches, "delete")
    {
        let _ = delete.call1(&caches, &"pages".into());
    }
}
