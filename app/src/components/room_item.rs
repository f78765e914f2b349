//! A room in the list: who or what, the newest message, and how many are unread.

use crate::components::avatar::RoomAvatar;
use crate::components::time_label::{Style, TimeLabel};
use crate::state::Chat;
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use protocol::{PresenceState, RoomSummary};

/// One link. Each part follows its own piece of the summary, so that a new message draws no more than it changes.
#[component]
pub(crate) fn RoomItem(room: ArcRwSignal<RoomSummary>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let id = room.with_untracked(|room| room.id);
    let room = RwSignal::from(room);
    let name = Memo::new(move |_| room.with(|room| room.name.clone()));
    let preview = Memo::new(move |_| room.with(|room| words::preview(room, chat.me, |user| chat.blocks(user))));
    let at = Memo::new(move |_| room.with(|room| room.last_message.as_ref().map(|message| message.created_at)));
    let unread = Memo::new(move |_| room.with(|room| room.unread));
    let current = move || (chat.open.get() == Some(id)).then_some("page");
    let presence = Memo::new(move |_| room.with(|room| chat.presence(room).map(|(state, _)| state)));
    let class = move || match presence.get() {
        Some(PresenceState::Online) => "room room-online",
        Some(PresenceState::Away) => "room room-away",
        _ => "room",
    };
    let there = move || match presence.get() {
        Some(PresenceState::Online) => "online",
        Some(PresenceState::Away) => "away",
        _ => "",
    };
    view! {
        <li>
            <a class=class class:room-unread=move || { unread.get() > 0 } href=format!("/rooms/{id}") aria-current=current>
                <RoomAvatar room />
                <span class="room-text">
                    <span class="room-line">
                        <span class="room-name">{name}</span>
                        <span class="sr-only">{there}</span>
                        {move || at.get().map(|at| view! { <TimeLabel at style=Style::Brief /> }.into_any())}
                    </span>
                    <span class="room-line">
                        <span class="room-preview">{preview}</span>
                        <Unread count=unread />
                    </span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

#[component]
fn Unread(count: Memo<i64>) -> impl IntoView {
    move || {
        let count = count.get();
        (count > 0).then(|| {
            view! {
                <span class="badge">
                    {words::count(count)} <span class="sr-only">{if count == 1 { " unread message" } else { " unread messages" }}</span>
                </span>
            }
            .into_any()
        })
    }
}
