//! The frame of the chat: the list of rooms, the pane beside it, and the dialogs above both. It follows the address.

use crate::components::browse::Browse;
use crate::components::connection_bar::ConnectionBar;
use crate::components::details::Details;
use crate::components::message_actions::MessageActions;
use crate::components::new_room::NewRoom;
use crate::components::notice::Notice;
use crate::components::sidebar::Sidebar;
use crate::dom::document;
use crate::lazy::{Part, loaded};
use crate::state::{Address, Chat, Dialog, Dialogs, Place};
use crate::view::{AnyView, IntoAny};
use crate::words;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use protocol::{RoomKind, Seq};

/// `children` is the page. On a narrow screen either the list or the page is shown, see `frame-list` in the style sheet.
#[component]
pub(crate) fn Layout(page: AnyView) -> impl IntoView {
    let place = expect_context::<Address>().place();
    follow(place);
    let frame = move || if place.get() == Place::List { "frame frame-list" } else { "frame" };
    view! {
        <div class="chat">
            <a class="skip-link" href="#main" on:click=skip>
                "Skip to the content"
            </a>
            <ConnectionBar />
            <Notice />
            <div class=frame>
                <Sidebar />
                <main class="main" id="main" tabindex="-1">
                    {page}
                </main>
            </div>
        </div>
        <OpenDialog />
    }
    .into_any()
}

/// Past the list: to the composer, or where there is none to the page itself.
fn skip(event: MouseEvent) {
    event.prevent_default();
    document::focus("main");
    document::focus("composer");
}

/// Keeps the open room, the focus and the title at what the address names.
fn follow(place: Memo<Place>) {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    Effect::new(move |before: Option<Place>| {
        let place = place.get();
        if before.is_some_and(|before| before != place) {
            untrack(|| {
                dialogs.close();
                chat.look_at(place.room());
            });
            request_animation_frame(document::focus_after_navigation);
        }
        place
    });
    Effect::new(move |_| {
        let page = match place.get() {
            Place::Room(_) => chat.room.with(|room| room.as_ref().map(|room| room.name.clone()).unwrap_or_default()),
            Place::Devices => "Devices".to_owned(),
            Place::List | Place::Elsewhere => String::new(),
        };
        document::set_title(&words::title(chat.unread.get(), &page));
    });
}

#[component]
fn OpenDialog() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    move || {
        dialogs.open.get().map(|dialog| match dialog {
            Dialog::New(kind) => loaded(new_room(kind)),
            Dialog::Browse => loaded(browse()),
            Dialog::Details => loaded(details()),
            Dialog::Message(seq) => loaded(message_actions(seq)),
        })
    }
}

// Code splitting: dialogs are two files, each of what is opened together. They are loaded once the page is live.

#[wasm_split(starting, wasm_split_path = leptos::wasm_split, fallible, preload(preload_starting))]
pub(crate) fn new_room(kind: RoomKind) -> Part {
    Ok(view! { <NewRoom kind /> }.into_any())
}

#[wasm_split(starting, wasm_split_path = leptos::wasm_split, fallible)]
fn browse() -> Part {
    Ok(view! { <Browse /> }.into_any())
}

#[wasm_split(managing, wasm_split_path = leptos::wasm_split, fallible, preload(preload_managing))]
pub(crate) fn details() -> Part {
    Ok(view! { <Details /> }.into_any())
}

#[wasm_split(managing, wasm_split_path = leptos::wasm_split, fallible)]
fn message_actions(seq: Seq) -> Part {
    Ok(view! { <MessageActions seq /> }.into_any())
}
