//! The tabs of one person in this browser: leader election (a Web Lock) and the messages between tabs (a BroadcastChannel).

use super::method;
use super::records::{self, PeerMessage, Unreadable};
use crate::dom::fetch::lock_request;
use client::StorageWrite;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use protocol::UserId;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

/// Which tab is the leader.
pub(crate) enum Leadership {
    /// This tab.
    Leader(LeaderLock),
    /// Another tab.
    Follower,
    /// Pages without https have no locks.
    Unsupported,
}

/// The lock of the leader, until it is released or another tab steals it.
#[derive(Clone)]
pub(crate) struct LeaderLock {
    release: Function,
    ended: Promise,
}

impl LeaderLock {
    /// Releases the lock.
    pub(crate) fn release(&self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }

    /// Returns once this tab does not hold the lock any more.
    pub(crate) async fn ended(&self) {
        let _ = JsFuture::from(self.ended.clone()).await;
    }
}

/// A pending request for the lock, which can be aborted.
#[derive(Clone)]
pub(crate) struct LockRequest(Object);

impl LockRequest {
    /// None in browsers that cannot abort it.
    pub(crate) fn new() -> Option<Self> {
        let class: Function = Reflect::get(&window(), &"AbortController".into()).ok()?.dyn_into().ok()?;
        Reflect::construct(&class, &Array::new()).ok()?.dyn_into().ok().map(Self)
    }

    pub(crate) fn end(&self) {
        if let Ok(abort) = method(&self.0, "abort") {
            let _ = abort.call0(&self.0);
        }
    }
}

/// The channel between tabs. A tab does not receive its own messages.
pub(crate) struct Tabs {
    channel: BroadcastChannel,
    /// What the browser calls; it lives as long as the channel.
    _listener: Closure<dyn Fn(MessageEvent)>,
}

impl Tabs {
    /// Listens from now on. None where the browser has no such thing.
    pub(crate) fn join(user: UserId, on_message: impl Fn(Vec<PeerMessage>) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(&name(user)).ok()?;
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let texts = Array::from(&event.data());
            on_message(texts.iter().filter_map(|text| records::read_peer_message(&text.as_string()?)).collect());
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self { channel, _listener: listener })
    }

    /// Sends the shared writes to the other tabs.
    pub(crate) fn send(&self, writes: &[StorageWrite]) {
        let texts: Array = writes.iter().filter_map(records::peer_message).map(JsValue::from).collect();
        if texts.length() > 0 {
            let _ = self.channel.post_message(&texts);
        }
    }

    /// Asks the leader whether it is alive.
    pub(crate) fn ask_leader(&self) {
        let _ = self.channel.post_message(&Array::of1(&records::ASK_LEADER.into()));
    }

    /// Answers that question: this tab is the leader.
    pub(crate) fn answer(&self) {
        let _ = self.channel.post_message(&Array::of1(&records::LEADER_IS_HERE.into()));
    }

    /// Tells the others that this tab, the leader, cannot read this message of theirs.
    pub(crate) fn cannot_read(&self, message: &Unreadable) {
        let _ = self.channel.post_message(&Array::of1(&records::cannot_read(message).into()));
    }
}

/// Takes the lock if it is free.
pub(crate) async fn try_lead(user: UserId) -> Leadership {
    match take(user, &[("ifAvailable", true.into())]).await {
        Some(Some(held)) => Leadership::Leader(held),
        Some(None) => Leadership::Follower,
        None => Leadership::Unsupported,
    }
}

/// Waits for the lock. Returns `None` if the request was aborted.
pub(crate) async fn wait_to_lead(user: UserId, waiting: Option<&LockRequest>) -> Option<LeaderLock> {
    let signal = waiting.and_then(|waiting| Reflect::get(&waiting.0, &"signal".into()).ok());
    let options: Vec<_> = signal.into_iter().map(|signal| ("signal", signal)).collect();
    take(user, &options).await.flatten()
}

/// Steals the lock from the tab that holds it.
pub(crate) async fn steal_lead(user: UserId) -> Option<LeaderLock> {
    take(user, &[("steal", true.into())]).await.flatten()
}

/// Asks for the lock. None where there are no locks or the request was ended, an inner none where it is not free.
async fn take(user: UserId, options: &[(&str, JsValue)]) -> Option<Option<LeaderLock>> {
    let (locks, request) = lock_request()?;
    let wanted = Object::new();
    for (name, value) in options {
        let _ = Reflect::set(&wanted, &(*name).into(), value);
    }
    // The lock is held until the first of these is settled; the second tells whether it was given.
    let (release, until) = deferred()?;
    let mut given = None;
    let is_given = Promise::new(&mut |resolve, reject| given = Some((resolve, reject)));
    let (resolve, reject) = given?;
    let inside = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let _ = resolve.call1(&JsValue::UNDEFINED, &(!lock.is_null()).into());
        if lock.is_null() { lock } else { until.into() }
    });
    let held: Promise = request.call3(&locks, &name(user).into(), &wanted, &inside).ok()?.dyn_into().ok()?;
    // Called once at most, and by the browser: where it is not called it lives as long as the page.
    let on_error = Closure::once(move |error: JsValue| drop(reject.call1(&JsValue::UNDEFINED, &error)));
    let ended = held.catch(&on_error);
    on_error.forget();
    let is_given = JsFuture::from(is_given).await.ok()?.as_bool()?;
    Some(is_given.then_some(LeaderLock { release, ended }))
}

/// A promise and what settles it.
fn deferred() -> Option<(Function, Promise)> {
    let mut settle = None;
    let promise = Promise::new(&mut |resolve, _| settle = Some(resolve));
    Some((settle?, promise))
}

fn name(user: UserId) -> String {
    format!("jackdaw-{user}")
}
