//! The twin of `dom` for rendering on the server: the same shape, doing nothing. Event handlers and effects never run
//! there, so little of this is called; it exists so that views are written once.

pub(crate) mod clock {
    use client::Now;
    use protocol::{ClientId, UnixMillis};
    use std::time::{SystemTime, UNIX_EPOCH};

    pub(crate) fn wall() -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
    pub(crate) fn monotonic_ms() -> u64 {
        0
    }
    pub(crate) fn now() -> Now {
        Now { monotonic_ms: 0, wall: wall(), random: 0 }
    }
    pub(crate) const fn offset_ms(_at: UnixMillis) -> i64 {
        0
    }
    pub(crate) fn new_client_id() -> ClientId {
        ClientId(uuid::Uuid::now_v7())
    }
}

pub(crate) mod document {
    use leptos::prelude::RwSignal;

    pub(crate) const fn set_title(_title: &str) {}
    pub(crate) const fn typed_before() -> String {
        String::new()
    }
    pub(crate) const fn confirm(_question: &str) -> bool {
        true
    }
    pub(crate) const fn reload() {}
    pub(crate) const fn to_login() {}
    pub(crate) const fn follow_visibility(_visible: RwSignal<bool>) {}
    pub(crate) fn on_resumed(_run: impl Fn() + 'static) {}
    pub(crate) const fn is_left() -> bool {
        false
    }
    pub(crate) const fn focus(_id: &str) {}
    pub(crate) const fn focus_after_navigation() {}
}

pub(crate) mod focus {
    pub(crate) const fn keep() {}
}

pub(crate) mod dialog {
    use leptos::ev::MouseEvent;
    use leptos::web_sys::HtmlDialogElement;

    pub(crate) const fn show(_dialog: &HtmlDialogElement) {}
    pub(crate) const fn close(_dialog: &HtmlDialogElement) {}
    pub(crate) const fn dismiss(_dialog: &HtmlDialogElement) {}
    pub(crate) const fn is_backdrop(_event: &MouseEvent) -> bool {
        false
    }
}

pub(crate) mod early {
    use protocol::{ClientId, RoomId};

    pub(crate) struct Early {
        pub(crate) room_id: RoomId,
        pub(crate) client_id: ClientId,
        pub(crate) body: String,
    }

    pub(crate) const fn take() -> Vec<Early> {
        Vec::new()
    }
}

pub(crate) mod fetch {
    pub(crate) struct Reply {
        pub(crate) status: u16,
        pub(crate) text: String,
    }
    pub(crate) struct Unreachable;

    pub(crate) async fn send(_method: &'static str, _path: &str, _body: Option<String>) -> Result<Reply, Unreachable> {
        Err(Unreachable)
    }
    pub(crate) async fn send_within(
        _limit: std::time::Duration,
        _method: &'static str,
        _path: &str,
    ) -> Result<Reply, Unreachable> {
        Err(Unreachable)
    }
    pub(crate) async fn alone<T>(_name: &str, work: impl Future<Output = T>) -> T {
        work.await
    }
}

pub(crate) mod history {
    pub(crate) const fn path() -> String {
        String::new()
    }
    pub(crate) const fn is_plain(_event: &leptos::ev::MouseEvent) -> bool {
        true
    }
    pub(crate) const fn push(_path: &str) {}
    pub(crate) fn follow(_go: impl Fn(&str) -> bool + Copy + 'static) {}
}

pub(crate) mod text_area {
    use leptos::web_sys::HtmlTextAreaElement;

    pub(crate) const fn text(_area: &HtmlTextAreaElement) -> String {
        String::new()
    }
    pub(crate) const fn fit(_area: &HtmlTextAreaElement) {}
}

pub(crate) mod scroll {
    use leptos::web_sys::HtmlElement;

    pub(crate) struct Keeper;

    #[expect(dead_code, reason = "nothing scrolls here")]
    pub(crate) struct Parts {
        pub(crate) scroller: HtmlElement,
        pub(crate) content: HtmlElement,
        pub(crate) top: HtmlElement,
    }

    impl Keeper {
        pub(crate) fn new(_parts: Parts, _on_end: impl Fn(bool) + 'static, _on_top: impl Fn() + 'static) -> Self {
            Self
        }
        pub(crate) const fn check_top(&self) {}
        pub(crate) const fn to_end(&self) {}
        pub(crate) const fn show_divider(&self) {}
    }
}
