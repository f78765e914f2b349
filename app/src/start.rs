//! The browser's start: reads the boot data that the server embedded and takes the page over.

use crate::routes::App;
use crate::{Boot, dom};
use leptos::prelude::*;
use protocol::FromJson;

/// Makes the server's HTML live. Called once by the `hydrate` crate.
pub fn hydrate() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        dom::document::show_crash();
    }));
    let Some(boot) = dom::document::boot_json().and_then(|json| Boot::from_json(&json)) else {
        leptos::logging::error!("this page carries no boot data: it stays as the server rendered it");
        return;
    };
    leptos::mount::hydrate_body(move || {
        provide_context(boot);
        view! { <App /> }
    });
}
