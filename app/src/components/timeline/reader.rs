//! Where the reader is within the rows, and what follows: older rows are asked for near the start, the room counts as
//! read at the end, and what arrives while they are elsewhere is counted.

use crate::dom::scroll::{Keeper, Parts};
use crate::state::Chat;
use client::ConnectionState;
use leptos::html;
use leptos::prelude::*;
use protocol::{MessageKind, RoomId, Seq};

/// One reader of one room. Copies are handles to the same; all ends with the timeline.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    chat: Chat,
    room: RoomId,
    /// What scrolls, its one child, and the mark above the first row; see [`Parts`].
    pub(super) scroller: NodeRef<html::Div>,
    pub(super) content: NodeRef<html::Div>,
    pub(super) top: NodeRef<html::Div>,
    /// Holds the reading position, once the page is live.
    keeper: StoredValue<Option<Keeper>, LocalStorage>,
    /// Whether the newest row that is loaded is in view.
    at_end: RwSignal<bool>,
    /// Whether the view was placed where reading begins. Nothing counts as seen before.
    placed: RwSignal<bool>,
    /// The newest row when the reader left the end: what came after it is news.
    left_at: RwSignal<Seq>,
}

impl Reader {
    pub(super) fn new(chat: Chat, room: RoomId, to_end: RwSignal<u32>) -> Self {
        let reader = Self {
            chat,
            room,
            scroller: NodeRef::new(),
            content: NodeRef::new(),
            top: NodeRef::new(),
            keeper: StoredValue::new_local(None),
            at_end: RwSignal::new(true),
            placed: RwSignal::new(false),
            left_at: RwSignal::new(Seq(0)),
        };
        reader.watch();
        Effect::new(move |_| {
            if to_end.get() > 0 {
                reader.go_to_end();
            }
        });
        reader
    }

    /// Whether newer rows than those in view exist.
    pub(super) fn is_away(self) -> bool {
        !self.at_end.get() || self.chat.window.with(|window| window.has_newer)
    }

    /// How many messages of others came since the reader left the end.
    pub(super) fn news(self) -> Memo<usize> {
        let chat = self.chat;
        Memo::new(move |_| {
            let left_at = self.left_at.get();
            let is_news = |seq: Seq, kind, sender| seq > left_at && kind == MessageKind::Text && sender != chat.me;
            let entries = chat.rows.entries();
            let messages = entries.iter().map(|(_, view)| {
                view.with_untracked(|view| (view.row.message.seq, view.row.message.kind, view.row.message.sender_id))
            });
            messages.filter(|(seq, kind, sender)| is_news(*seq, *kind, *sender)).count()
        })
    }

    /// Goes to the newest row, also to one that is only now being drawn.
    pub(super) fn go_to_end(self) {
        self.chat.load_newest(self.room);
        self.on_next_frame(Keeper::to_end);
    }

    fn watch(self) {
        let chat = self.chat;
        Effect::new(move |_| self.start());
        let ready = Memo::new(move |_| !chat.rows.is_empty() && !chat.window.with(|window| window.loading));
        Effect::new(move |_| {
            if ready.get() && !self.placed.get_untracked() {
                request_animation_frame(move || self.place());
            }
        });
        Effect::new(move |_| {
            let (_, has_newer) = chat.window.with(|window| (window.newest, window.has_newer));
            if chat.visible.get() && self.placed.get() && self.at_end.get() && !has_newer {
                untrack(|| chat.seen());
            }
        });
        // The start may still be near after older rows came; and what failed offline is worth another try.
        let online = Memo::new(move |_| chat.connection.get() == ConnectionState::Online);
        Effect::new(move |_| {
            let _ = (chat.rows.first_key(), online.get());
            self.on_next_frame(Keeper::check_top);
        });
    }

    fn start(self) {
        if let (Some(scroller), Some(content), Some(top)) = (self.scroller.get(), self.content.get(), self.top.get()) {
            let parts = Parts { scroller: scroller.into(), content: content.into(), top: top.into() };
            let keeper = Keeper::new(parts, move |at_end| self.moved(at_end), move || self.chat.load_older(self.room));
            self.keeper.set_value(Some(keeper));
        }
    }

    /// Shows where reading begins: at what is new, else at the end.
    fn place(self) {
        if self.keeper.try_with_value(|keeper| keeper.as_ref().map(Keeper::show_divider)).flatten().is_none() {
            return;
        }
        if !self.at_end.get_untracked() {
            let read = self.chat.room.with_untracked(|room| room.as_ref().map(|room| room.read_seq));
            self.left_at.set(read.unwrap_or_default());
        }
        self.placed.set(true);
    }

    fn moved(self, at_end: bool) {
        if !at_end {
            self.left_at.set(self.chat.window.with_untracked(|window| window.newest));
        }
        self.at_end.set(at_end);
    }

    fn on_next_frame(self, act: impl Fn(&Keeper) + 'static) {
        request_animation_frame(move || {
            self.keeper.try_with_value(|keeper| keeper.as_ref().map(act));
        });
    }
}
