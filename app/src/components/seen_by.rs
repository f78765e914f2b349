//! Who of a room has read as far as a message: asked for when somebody looks.

use crate::components::avatar::PersonAvatar;
use crate::components::field::ErrorText;
use crate::state::{Chat, api};
use crate::view::IntoAny;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{RoomId, Seq, User, UserId};

/// So many pages of members are read.
const PAGES: usize = 5;

/// The list, without the sender and those who do not tell.
#[component]
pub(crate) fn SeenBy(room: RoomId, seq: Seq, sender: UserId) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let me = chat.me;
    let seen = RwSignal::new(None::<Vec<User>>);
    let problem = RwSignal::new(None);
    Effect::new(move |_| {
        spawn_local(async move {
            match api::list_all_members(room, PAGES).await {
                Ok(mut members) => {
                    members.retain(|member| member.read_seq >= seq && member.user.id != me && member.user.id != sender);
                    seen.try_set(Some(members.into_iter().map(|member| member.user).collect()));
                }
                Err(error) => {
                    problem.try_set(Some(error.message));
                }
            }
        });
    });
    let note = move || match seen.with(|seen| seen.as_ref().map(Vec::len)) {
        None if problem.with(Option::is_some) => "",
        None => "Asking…",
        Some(0) => "Nobody yet, as far as people tell.",
        Some(_) => "",
    };
    view! {
        <h3 class="dialog-section">"Seen by"</h3>
        <ErrorText text=problem />
        <p class="hint" role="status">
            {note}
        </p>
        <ul class="members" aria-label="Seen by">
            <For each=move || seen.get().unwrap_or_default() key=|user| user.id let(user)>
                <li class="member">
                    <PersonAvatar id=user.id name=chat.called(&user) />
                    <p class="person-name">{move || chat.called(&user)}</p>
                </li>
            </For>
        </ul>
    }
    .into_any()
}
