//! The tabs of one person in this browser: whose turn it is to send (a lock), and what they tell each other (a channel).

use super::kept::{self, Told, Unreadable};
use crate::dom::fetch::lock_request;
use client::Change;
use js_sys::{Array, Object, Promise, Reflect};
use protocol::UserId;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

/// Whose turn it is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This tab's, as long as it lives.
    Mine,
    /// Another tab's.
    Others,
    /// Pages without https have no locks.
    Unknown,
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

    /// Tells the others that this tab, which sends, cannot read this message of theirs.
    pub(crate) fn cannot_read(&self, message: &Unreadable) {
        let _ = self.channel.post_message(&Array::of1(&kept::cannot_read(message).into()));
    }
}

/// Takes the turn if nobody has it.
pub(crate) async fn turn_if_free(user: UserId) -> Turn {
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &true.into());
    match take(user, &options).await {
        Some(true) => Turn::Mine,
        Some(false) => Turn::Others,
        None => Turn::Unknown,
    }
}

/// Waits for the turn: until the tabs that had it before are gone.
pub(crate) async fn turn(user: UserId) {
    take(user, &Object::new()).await;
}

/// Whether the lock was given. It is kept until the page ends. None where there are no locks.
async fn take(user: UserId, options: &Object) -> Option<bool> {
    let (locks, request) = lock_request()?;
    let taken = Promise::new(&mut |resolve, reject| {
        let inside = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let _ = resolve.call1(&JsValue::UNDEFINED, &(!lock.is_null()).into());
            // Never settled: the lock is held meanwhile.
            if lock.is_null() { lock } else { Promise::new(&mut |_, _| {}).into() }
        });
        match request.call3(&locks, &name(user).into(), options, &inside) {
            Ok(held) => {
                let _ = held.unchecked_into::<Promise>().catch(&Closure::once(move |error| {
                    let _ = reject.call1(&JsValue::UNDEFINED, &error);
                }));
            }
            Err(error) => drop(reject.call1(&JsValue::UNDEFINED, &error)),
        }
    });
    JsFuture::from(taken).await.ok()?.as_bool()
}

fn name(user: UserId) -> String {
    format!("jackdaw-{user}")
}
