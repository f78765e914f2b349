//! The dialog about the open room: who is in it, and what one may change.

use crate::components::entrance;
use crate::components::field::ErrorText;
use crate::components::member_row::MemberRow;
use crate::components::modal::Modal;
use crate::components::people::People;
use crate::components::room_settings::{Rename, WayOut};
use crate::erase::{Erase, each, effect, fingerprint, memo, shown_while};
use crate::state::{Chat, api};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Member, Role, RoomId, User, UserId};
use uuid::Uuid;

/// So many pages of members are read; whoever comes after them is counted, not listed.
const PAGES: usize = 10;

/// Nothing is shown where the room has gone.
#[component]
pub(crate) fn Details() -> impl IntoView {
    let chat = expect_context::<Chat>();
    chat.room
        .get_untracked()
        .map(|room| view! { <Modal title="Room details" side=true><About room=room.id name=room.name /></Modal> })
}

/// The members as the server last told, and what is being done about them.
#[derive(Clone, Copy)]
pub(crate) struct Roster {
    pub(crate) room: RoomId,
    members: RwSignal<Option<Vec<Member>>>,
    pub(crate) problem: RwSignal<Option<String>>,
    /// A change is on its way: no second one is begun.
    pub(crate) busy: RwSignal<bool>,
}

impl Roster {
    fn new(room: RoomId) -> Self {
        Self { room, members: RwSignal::new(None), problem: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    /// Does something that changes the members, then reads them again.
    pub(crate) fn change(self, work: impl Future<Output = api::Answer<()>> + 'static) {
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            if let Err(error) = work.await {
                self.problem.try_set(Some(error.message));
            }
            self.busy.try_set(false);
            self.read().await;
        });
    }

    async fn read(self) {
        match list_all(self.room).await {
            Ok(members) => {
                self.members.try_set(Some(members));
            }
            Err(error) => {
                self.problem.try_set(Some(error.message));
            }
        }
    }

    /// The members under their present names.
    fn named(self, chat: Chat) -> Vec<Member> {
        let mut members = self.members.get().unwrap_or_default();
        members.iter_mut().for_each(|member| member.user.display_name = chat.called(&member.user));
        members
    }

    fn ids(self) -> Vec<UserId> {
        self.members.with(|members| members.iter().flatten().map(|member| member.user.id).collect())
    }
}

/// Owners first, then by name.
async fn list_all(room: RoomId) -> api::Answer<Vec<Member>> {
    let mut members = api::list_all_members(room, PAGES).await?;
    let folded = |name: &str| name.chars().flat_map(char::to_uppercase).collect::<String>();
    members.sort_by_cached_key(|member| (std::cmp::Reverse(member.role), folded(&member.user.display_name)));
    Ok(members)
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
