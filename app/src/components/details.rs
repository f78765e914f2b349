//! The dialog about the open room: who is in it, and what one may change.

use crate::components::entrance;
use crate::components::field::ErrorText;
use crate::components::member_row::MemberRow;
use crate::components::modal::Modal;
use crate::components::people::People;
use crate::components::room_settings::{Rename, WayOut};
use crate::components::roster::{Change, Roster};
use crate::dom::focus;
use crate::state::Chat;
use crate::view::IntoAny;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Role, RoomId, User};

/// Nothing is shown where the room has gone.
#[component]
pub(crate) fn Details() -> impl IntoView {
    let chat = expect_context::<Chat>();
    chat.room
        .get_untracked()
        .map(|room| view! { <Modal title="Room details" side=true><About room=room.id name=room.name /></Modal> })
}

#[component]
fn About(room: RoomId, name: String) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let roster = Roster::new(room);
    let exit = entrance::on_exit();
    let role = Memo::new(move |_| chat.room.with(|room| room.as_ref().and_then(|room| room.role)));
    // Read at first, and again whenever a fact about the room has come.
    let facts = Memo::new(move |_| chat.room.with(|room| room.as_ref().map(|room| (room.members_count, room.role))));
    Effect::new(move |_| {
        facts.with(|_| ());
        spawn_local(roster.read());
    });
    let is_admin = Memo::new(move |_| role.get() >= Some(Role::Admin));
    let add = Callback::new(move |user: User| roster.change(Change::Add(user.id)));
    let name = StoredValue::new(name);
    view! {
        <Show when=move || is_admin.get()>
            <Rename room name=name.get_value() />
            <p><a class="link" rel="external" href=format!("/rooms/{room}/manage")>"Topic, who writes, archive, bans"</a></p>
        </Show>
        <ErrorText text=roster.problem />
        <h3 class="dialog-section">"Members"</h3>
        <ul class="members" aria-label="Members">
            <For
                each=move || {
                    focus::keep();
                    roster.entries()
                }
                key=|(id, _)| *id
                let((_, member))
            >
                <MemberRow member own_role=role roster />
            </For>
        </ul>
        <Show when=move || is_admin.get()>
            <h3 class="dialog-section">"Add people"</h3>
            <People id="find-member" verb="Add" skip=Signal::derive(move || roster.ids()) on_pick=add />
        </Show>
        <WayOut room role exit />
    }
    .into_any()
}
