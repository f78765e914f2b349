//! Stands in for the composer in a public room that one only looks at.

use crate::components::field::ErrorText;
use crate::dom::document;
use crate::erase::{Erase, press};
use crate::state::{Chat, api};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::RoomId;

/// The way in.
#[component]
pub(crate) fn JoinBar(room: RoomId) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None);
    let join = move |_| {
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
            <button type="button" class="button button-primary" disabled=busy on:click=press(join)>
                "Join room"
            </button>
            <ErrorText text=problem />
        </div>
    }
    .erase()
}
