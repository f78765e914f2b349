//! The messages of the open room: a log that grows at its end, and at its start when the reader goes there.

mod reader;

use crate::components::icon::{self, Icon};
use crate::components::message_row::MessageRow;
use crate::dom::{document, focus};
use crate::state::Chat;
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::{RoomId, RoomKind, RoomSummary, Seq};
use reader::Reader;

/// `to_end` counts how often the person wants to be at the end: they sent something.
#[component]
pub(crate) fn Timeline(room: RoomId, to_end: RwSignal<u32>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let reader = Reader::new(chat, room, to_end);
    // Older rows are for the eye only: a screen reader announces what is added while the log is not busy.
    let busy = move || chat.window.with(|window| window.loading || window.loading_older).to_string();
    view! {
        <div class="timeline">
            <div
                class="timeline-scroll"
                node_ref=reader.scroller
                role="log"
                aria-label="Messages"
                aria-live="polite"
                aria-relevant="additions"
                aria-busy=busy
                tabindex="0"
            >
                <div class="timeline-content" node_ref=reader.content>
                    <div class="timeline-top" node_ref=reader.top>
                        <Top room />
                    </div>
                    <ol class="rows">
                        <For
                            each=move || {
                                focus::keep();
                                chat.rows.entries()
                            }
                            key=|(key, _)| *key
                            let(((id, _), view))
                        >
                            <MessageRow id view />
                        </For>
                    </ol>
                </div>
            </div>
            <ToEnd reader />
        </div>
    }
    .into_any()
}

/// What stands above the first row: the way to older ones, or the start of the room.
#[component]
fn Top(room: RoomId) -> impl IntoView {
    let chat = expect_context::<Chat>();
    // Memos, since the window and the summary change with every message, and this hardly ever.
    let state = Memo::new(move |_| {
        chat.window.with(|window| (window.loading_older, window.loading && chat.rows.is_empty(), window.has_older))
    });
    let missing = Memo::new(move |_| {
        let has_messages = |room: &RoomSummary| room.last_seq > Seq(0);
        chat.rows.is_empty() && chat.room.with(|room| room.as_ref().is_some_and(has_messages))
    });
    move || {
        let (loading_older, loading, has_older) = state.get();
        focus::keep();
        if loading_older {
            view! { <p class="timeline-note">"Loading older messages…"</p> }.into_any()
        } else if loading {
            view! { <p class="timeline-note">"Loading messages…"</p> }.into_any()
        } else if has_older {
            view! {
                <button type="button" class="button button-quiet" on:click=move |_| chat.load_older(room)>
                    "Load older messages"
                </button>
            }
            .into_any()
        } else if missing.get() {
            view! {
                <button type="button" class="button button-quiet" on:click=move |_| chat.load_newest(room)>
                    "Load the messages"
                </button>
            }
            .into_any()
        } else {
            view! { <Start /> }.into_any()
        }
    }
}

#[component]
fn Start() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let name = Memo::new(move |_| chat.room.with(|room| room.as_ref().map(|room| (room.kind, room.name.clone()))));
    let title = move || {
        name.get().map(|(kind, name)| match kind {
            RoomKind::Direct => format!("Your chat with {name} starts here"),
            RoomKind::Group | RoomKind::Public | RoomKind::Unknown => format!("{name} starts here"),
        })
    };
    let text = move || chat.rows.is_empty().then_some("No messages yet. Write the first one.");
    view! {
        <p class="timeline-start">
            <strong>{title}</strong>
            <span>{text}</span>
        </p>
    }
}

/// The way back to the newest row, with how many came meanwhile.
#[component]
fn ToEnd(reader: Reader) -> impl IntoView {
    let news = reader.news();
    let label = move || match news.get() {
        0 => "Newest messages".to_owned(),
        1 => "1 new message".to_owned(),
        count => format!("{count} new messages"),
    };
    view! {
        {move || reader.is_away().then(|| view! {
            <button
                type="button"
                class="to-end"
                class:to-end-news=move || { news.get() > 0 }
                on:click=move |_| {
                    reader.go_to_end();
                    document::focus_after_navigation();
                }
            >
                {label}
                <Icon path=icon::DOWN />
            </button>
        }.into_any())}
    }
    .into_any()
}
