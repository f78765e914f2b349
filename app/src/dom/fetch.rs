//! One HTTP request, and a lock that all tabs share.

use gloo_net::http::{Method, RequestBuilder};
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::{set_timeout_with_handle, window};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, AbortSignal};

/// An answer of any status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// No answer came.
pub(crate) struct Unreachable;

/// How long to wait for another tab that is inside a lock: a browser may have suspended it there.
const LOCK_TIMEOUT: Duration = Duration::from_secs(15);

/// Sends JSON and waits for the answer. Cookies of the page's own origin go along by themselves.
pub(crate) async fn send(method: &'static str, path: &str, body: Option<String>) -> Result<Reply, Unreachable> {
    exchange(method, path, body, None).await
}

/// The same, given up after `limit`.
pub(crate) async fn send_within(limit: Duration, method: &'static str, path: &str) -> Result<Reply, Unreachable> {
    let controller = AbortController::new().map_err(|_| Unreachable)?;
    let signal = controller.signal();
    let timer = set_timeout_with_handle(move || controller.abort(), limit);
    let reply = exchange(method, path, None, Some(&signal)).await;
    if let Ok(timer) = timer {
        timer.clear();
    }
    reply
}

async fn exchange(
    method: &'static str,
    path: &str,
    body: Option<String>,
    signal: Option<&AbortSignal>,
) -> Result<Reply, Unreachable> {
    let method = method.parse::<Method>().map_err(|_| Unreachable)?;
    let builder = RequestBuilder::new(path).method(method).header("accept", "application/json").abort_signal(signal);
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let response = request.map_err(|_| Unreachable)?.send().await.map_err(|_| Unreachable)?;
    let status = response.status();
    let text = response.text().await.map_err(|_| Unreachable)?;
    Ok(Reply { status, text })
}

/// A signal that ends what it is given to after so long. None in browsers that have no such thing.
fn abort_after(limit: Duration) -> Option<AbortSignal> {
    let class = Reflect::get(&window(), &"AbortSignal".into()).ok()?;
    let timeout: Function = Reflect::get(&class, &"timeout".into()).ok()?.dyn_into().ok()?;
    timeout.call1(&class, &(limit.as_millis() as f64).into()).ok()?.dyn_into().ok()
}

/// Runs `work` while no other tab of this browser is inside the same lock, or after [`LOCK_TIMEOUT`] in any case. Browsers without
/// Web Locks (and pages without https) run it at once.
pub(crate) async fn alone<T: 'static>(name: &str, work: impl Future<Output = T> + 'static) -> T {
    let Some(request) = lock_request() else {
        return work.await;
    };
    let result = Rc::new(RefCell::new(None));
    let work = Rc::new(RefCell::new(Some(work)));
    let inside = {
        let (result, work) = (Rc::clone(&result), Rc::clone(&work));
        Closure::once_into_js(move || -> Promise {
            future_to_promise(async move {
                let taken = work.borrow_mut().take();
                if let Some(taken) = taken {
                    let value = taken.await;
                    *result.borrow_mut() = Some(value);
                }
                Ok(JsValue::UNDEFINED)
            })
        })
    };
    let (locks, function) = request;
    let options = Object::new();
    if let Some(signal) = abort_after(LOCK_TIMEOUT) {
        let _ = Reflect::set(&options, &"signal".into(), &signal);
    }
    let held =
        function.call3(&locks, &name.into(), &options, &inside).ok().and_then(|held| held.dyn_into::<Promise>().ok());
    if let Some(held) = held {
        let _ = JsFuture::from(held).await;
    }
    let done = result.borrow_mut().take();
    match (done, work) {
        (Some(value), _) => value,
        (None, work) => {
            let left = work.borrow_mut().take();
            left.expect("the lock was refused, so the work has not begun").await
        }
    }
}

/// `navigator.locks` and its `request`, if the browser has them.
pub(crate) fn lock_request() -> Option<(JsValue, Function)> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(|locks| !locks.is_undefined())?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    Some((locks, request))
}
