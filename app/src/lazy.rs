//! Parts of the page whose code is a file of its own (code splitting), loaded when the part is first shown.

use crate::view::{AnyView, IntoAny};
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// What a function at a split point returns: the view, or why its file could not be loaded.
pub(crate) type Part = Result<AnyView, SplitLoaderError>;

/// The view of a part. On the server, and in a browser that has loaded the file before, it is there at once: the server
/// renders it, and hydration finds it.
pub(crate) fn loaded(part: impl Future<Output = Part> + 'static) -> AnyView {
    loaded_boxed(Box::pin(ScopedFuture::new(part)))
}

fn loaded_boxed(mut part: Pin<Box<dyn Future<Output = Part>>>) -> AnyView {
    if let Poll::Ready(part) = part.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return part.unwrap_or_else(not_loaded);
    }
    // A signal holds what can be shared; a view can be taken once.
    let view = RwSignal::new(None::<Arc<Mutex<Option<AnyView>>>>);
    spawn_local(async move {
        let part = part.await.unwrap_or_else(not_loaded);
        view.try_set(Some(Arc::new(Mutex::new(Some(part)))));
    });
    (move || view.with(|view| view.as_ref().and_then(|view| view.lock().ok()?.take()))).into_any()
}

fn not_loaded(_: SplitLoaderError) -> AnyView {
    view! {
        <p class="notice notice-warn not-loaded" role="alert">
            "This part of the page could not be loaded. Check the connection, then reload the page."
        </p>
    }
    .into_any()
}
