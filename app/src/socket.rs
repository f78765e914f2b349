//! The WebSocket to the server, as events. Decides nothing: when to open, what to send and what a close means is `client`'s.

use leptos::prelude::location;
use protocol::{ClientFrame, Incoming, to_json};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

/// What happens on a socket, in order. `Closed` is the last.
#[expect(clippy::large_enum_variant, reason = "events are handed on at once, and never kept")]
pub(crate) enum SocketEvent {
    /// Frames can be sent from now on.
    Opened,
    /// A text arrived.
    Frame(Incoming),
    /// Closed, or never opened; with the close code, if there was one.
    Closed(Option<u16>),
}

/// One connection. Dropping it closes it and silences its events.
pub(crate) struct Socket {
    socket: WebSocket,
    /// The closures that the browser calls; they live as long as the socket.
    _open: Closure<dyn Fn()>,
    _message: Closure<dyn Fn(MessageEvent)>,
    _close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Starts to open a socket to the page's own server. None where the browser refuses to even try.
    pub(crate) fn open(on_event: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        let socket = WebSocket::new(&address()?).ok()?;
        let tell = Rc::new(on_event);

        let on_open = Closure::<dyn Fn()>::new({
            let tell = Rc::clone(&tell);
            move || tell(SocketEvent::Opened)
        });
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let tell = Rc::clone(&tell);
            move |event: MessageEvent| {
                tell(SocketEvent::Frame(Incoming::read(&event.data().as_string().unwrap_or_default())));
            }
        });
        let on_close = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
            // 1005 and 1006 are the browser's own words for "no code came".
            tell(SocketEvent::Closed(Some(event.code()).filter(|code| !matches!(code, 1005 | 1006))));
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { socket, _open: on_open, _message: on_message, _close: on_close })
    }

    /// Whether frames go out.
    pub(crate) fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// Sends a frame. On a socket that is not open it goes nowhere, which the engine expects of any frame.
    pub(crate) fn send(&self, frame: &ClientFrame) {
        let _ = self.socket.send_with_str(&to_json(frame));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

/// `ws` for `http` and `wss` for `https`, at the page's own host. Not every browser takes a relative address.
fn address() -> Option<String> {
    let origin = location().origin().ok()?;
    Some(format!("{}/ws", origin.replacen("http", "ws", 1)))
}
