//! The browser's start: reads the boot data that the server embedded and takes the page over.

use crate::components::layout;
use crate::routes::{self, App};
use crate::{Boot, BootPage, dom};
use leptos::prelude::*;
use protocol::from_json;

/// Makes the server's HTML live. Called once by the `hydrate` crate.
pub fn hydrate() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        dom::document::show_crash();
        dom::early::resume();
    }));
    let boot = match from_json::<Boot>(&dom::document::boot_json().unwrap_or_default()) {
        Ok(boot) => boot,
        Err(error) => {
            return leptos::logging::error!("no boot data, so the page stays as the server rendered it: {error}");
        }
    };
    wasm_bindgen_futures::spawn_local(async move {
        // Hydration needs the code of everything that the server has rendered.
        let loaded = match boot.page {
            BootPage::Devices { .. } => routes::preload_devices().await,
            ref page if page.is_standalone() => routes::preload_standalone().await,
            _ => Ok(()),
        };
        if let Err(error) = loaded {
            // The server's HTML stays: forms and links work without scripts.
            return leptos::logging::error!("a part of the page could not be loaded: {error}");
        }
        let has_dialogs = !boot.page.is_standalone();
        leptos::mount::hydrate_body(move || {
            provide_context(boot);
            view! { <App /> }
        });
        if has_dialogs {
            // Ahead of the first click, and of the network going away. One that fails is tried again when it is needed.
            let _ = layout::preload_managing().await;
            let _ = layout::preload_starting().await;
        }
    });
}
