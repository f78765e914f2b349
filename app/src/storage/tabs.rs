//! The tabs of one person in this browser: whose turn it is to send (a lock), and what they tell each other (a channel).

use super::kept::{self, Told, Unreadable};
use super::method;
use crate::dom::fetch::lock_request;
use client::Change;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use protocol::UserId;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

/// Whose turn it is to send.
pub(crate) enum Turn {
    /// This tab's.
    Mine(Held),
    /// Another tab's.
    Others,
    /// Pages without https have no locks.
    Unknown,
}

/// The turn to send, until it is given back or another tab takes it.
#[derive(Clone)]
pub(crate) struct Held {
    release: Function,
    ended: Promise,
}

impl Held {
    /// Gives the turn back.
    pub(crate) fn release(&self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }

    /// Until this tab has the turn no more.
    pub(crate) async fn ended(&self) {
        let _ = JsFuture::from(self.ended.clone()).await;
    }
}

/// Ends the waiting for the turn.
#[derive(Clone)]
pub(crate) struct Waiting(Object);

impl Waiting {
    /// None in browsers that cannot end it.
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

/// What tabs tell each other. A tab does not hear itself.
pub(crate) struct Tabs {
    channel: BroadcastChannel,
    /// What the browser calls; it lives as long as the channel.
    _message: Closure<dyn Fn(MessageEvent)>,
}

impl Tabs {
    /// Listens from now on. None where the browser has no such thing.
    pub(crate) fn join(user: UserId, on_word: impl Fn(Vec<Told>) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(&name(user)).ok()?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let texts = Array::from(&event.data());
            on_word(texts.iter().filter_map(|text| kept::hear(&text.as_string()?)).collect());
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { channel, _message: on_message })
    }

    /// Tells the others what of this is for all.
    pub(crate) fn tell(&self, changes: &[Change]) {
        let texts: Array = changes.iter().filter_map(kept::tell).map(JsValue::from).collect();
        if texts.length() > 0 {
            let _ = self.channel.post_message(&texts);
        }
    }

    /// Asks the tab that sends whether it is there.
    pub(crate) fn ask_owner(&self) {
        let _ = self.channel.post_message(&Array::of1(&kept::ASK.into()));
    }

    /// Answers that: this tab sends, and is there.
    pub(crate) fn answer(&self) {
        let _ = self.channel.post_message(&Array::of1(&kept::HERE.into()));
    }

    /// Tells the others that this tab, which sends, cannot read this message of theirs.
    pub(crate) fn cannot_read(&self, message: &Unreadable) {
        let _ = self.channel.post_message(&Array::of1(&kept::cannot_read(message).into()));
    }
}

/// Takes the turn if nobody has it.
pub(crate) async fn turn_if_free(user: UserId) -> Turn {
    match take(user, &[("ifAvailable", true.into())]).await {
        Some(Some(held)) => Turn::Mine(held),
        Some(None) => Turn::Others,
        None => Turn::Unknown,
    }
}

/// Waits for the turn: until the tabs that had it before are gone. None where the waiting was ended.
pub(crate) async fn turn(user: UserId, waiting: Option<&Waiting>) -> Option<Held> {
    let signal = waiting.and_then(|waiting| Reflect::get(&waiting.0, &"signal".into()).ok());
    let options: Vec<_> = signal.into_iter().map(|signal| ("signal", signal)).collect();
    take(user, &options).await.flatten()
}

/// Takes the turn from the tab that has it.
pub(crate) async fn steal_turn(user: UserId) -> Option<Held> {
    take(user, &[("steal", true.into())]).await.flatten()
}

/// Asks for the lock. None where there are no locks or the request was ended, an inner none where it is not free.
async fn take(user: UserId, options: &[(&str, JsValue)]) -> Option<Option<Held>> {
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
    Some(is_given.then_some(Held { release, ended }))
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
