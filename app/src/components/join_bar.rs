//! Stands in for the composer in a public room that one only looks at.

use crate::components::field::ErrorText;
use crate::dom::document;
use crate::state::{Chat, api};
use crate::view::IntoAny;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::RoomId;

/// The way in.
#[component]
pub(crate) fn JoinBar(room: RoomId) -> impl IntoView {
    let chat = expect_context::<Chat>();
    // Not an `Action`: all that makes one work would be in the first load for this place alone (2.7 KB).
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None);
    let join = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = api::join_room(room).await;
            // The bar goes away with a success; then there is nothing left to set.
            match answer {
                Ok(room) => {
                    chat.entered(room);
                    request_animation_frame(|| document::focus("composer"));
                }
                Err(error) => {
                    problem.try_set(Some(error.message));
                    busy.try_set(false);
                }
            }
        });
    };
    view! {
        <div class="join-bar">
            <p class="grow">"You are looking at this room. Join it to write."</p>
            <button
                type="button"
                class="button button-primary"
                aria-disabled=move || busy.get().then_some("true")
                on:click=join
            >
                "Join room"
            </button>
            <ErrorText text=problem />
        </div>
    }
    .into_any()
}
