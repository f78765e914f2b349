//! The dialog about the open room: who is in it, and what one may change.

use crate::components::entrance;
use crate::components::field::ErrorText;
use crate::components::member_row::MemberRow;
use crate::components::modal::Modal;
use crate::components::people::People;
use crate::components::room_settings::{Rename, WayOut};
use crate::components::roster::Roster;
use crate::erase::{Erase, each, effect, fingerprint, memo, shown_while};
use crate::state::{Chat, api};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Role, RoomId, User};
use uuid::Uuid;

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
    let role = memo(move || chat.room.with(|room| room.as_ref().and_then(|room| room.role)));
    // Read at first, and again whenever a fact about the room has come.
    let facts = memo(move || chat.room.with(|room| room.as_ref().map(|room| (room.members_count, room.role))));
    effect(move || {
        facts.with(|_| ());
        spawn_local(roster.read());
    });
    let is_admin = memo(move || role.get() >= Some(Role::Admin));
    let add = Callback::new(move |user: User| roster.change(api::add_member(room, user.id)));
    let name = StoredValue::new(name);
    view! {
        {shown_while(move || is_admin.get(), move || view! {
            <Rename room name=name.get_value() />
            <p><a class="link" rel="external" href=format!("/rooms/{room}/manage")>"Topic, who writes, archive, bans"</a></p>
        }.erase())}
        <ErrorText text=roster.problem />
        <h3 class="dialog-section">"Members"</h3>
        <ul class="members" aria-label="Members">
            {each(move || roster.named(chat), |member| (member.user.id.0, Uuid::from_u64_pair(member.role as u64, fingerprint(&member.user.display_name))), move |member| view! {
                <MemberRow member own_role=role roster />
             }.erase())}
        </ul>
        {shown_while(move || is_admin.get(), move || view! {
            <h3 class="dialog-section">"Add people"</h3>
            <People id="find-member" verb="Add" skip=Signal::derive(move || roster.ids()) on_pick=add />
        }.erase())}
        <WayOut room role exit />
    }
}
