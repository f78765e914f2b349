//! `/rooms/{id}`: one room.

use crate::components::composer::Composer;
use crate::components::join_bar::JoinBar;
use crate::components::room_header::RoomHeader;
use crate::components::timeline::Timeline;
use crate::state::Chat;
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::{Posting, Role, RoomId, RoomSummary};

/// The room that `Chat` has open; it follows the address.
#[component]
pub(crate) fn RoomPage() -> impl IntoView {
    let chat = expect_context::<Chat>();
    // Everything about one room is made anew for the next: scroll position, draft and counters are each room's own.
    move || chat.open.get().map(|room| view! { <Room room /> }.into_any()).into_any()
}

#[component]
fn Room(room: RoomId) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let to_end = RwSignal::new(0_u32);
    let known = Memo::new(move |_| chat.room.with(Option::is_some));
    let member = Memo::new(move |_| chat.room.with(|room| room.as_ref().is_some_and(|room| room.role.is_some())));
    let closed = Memo::new(move |_| chat.room.with(|room| room.as_ref().and_then(closed)));
    let foot = move || match (member.get(), closed.get()) {
        (true, Some(why)) => view! { <div class="join-bar"><p class="grow">{why}</p></div> }.into_any(),
        (true, None) => view! { <Composer room to_end /> }.into_any(),
        (false, _) => view! { <JoinBar room /> }.into_any(),
    };
    move || {
        let is_known = known.get();
        match chat.room.get_untracked() {
            Some(first) if is_known => view! {
                <RoomHeader first />
                <Timeline room to_end />
                {foot}
            }
            .into_any(),
            _ => view! { <Missing /> }.into_any(),
        }
    }
}

/// Why a member cannot write here, a sentence. The server decides; here the way to a refusal is not offered.
fn closed(room: &RoomSummary) -> Option<&'static str> {
    match room.posting {
        _ if room.archived_at.is_some() => Some("This room is archived: it can be read, and nobody writes in it."),
        Posting::Everybody => None,
        _ if room.role >= Some(Role::Admin) => None,
        Posting::Admins | Posting::Unknown => Some("Only admins and owners write in this room."),
    }
}

#[component]
fn Missing() -> impl IntoView {
    let chat = expect_context::<Chat>();
    view! {
        <div class="empty" role="status">
            {move || match chat.problem.get() {
                None => view! { <h1 class="empty-title">"Opening the room…"</h1> }.into_any(),
                Some(problem) => {
                    view! {
                        <h1 class="empty-title">"This room is not here"</h1>
                        <p>{problem}</p>
                        <a class="button" href="/">
                            "Back to your rooms"
                        </a>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}
