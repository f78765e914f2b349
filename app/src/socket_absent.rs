//! The twin of `socket` for rendering on the server, where no socket is ever opened.

use protocol::{ClientFrame, Incoming};

#[expect(dead_code, clippy::large_enum_variant, reason = "nothing happens on a socket that is never opened")]
pub(crate) enum SocketEvent {
    Opened,
    Frame(Incoming),
    Closed(Option<u16>),
}

pub(crate) struct Socket;

impl Socket {
    pub(crate) fn open(_on_event: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        None
    }
    pub(crate) const fn is_open(&self) -> bool {
        false
    }
    pub(crate) const fn send(&self, _frame: &ClientFrame) {}
}
