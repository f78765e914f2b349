//! The members of a room in its details, and changes of them.

use crate::state::{Chat, api};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Member, RoomId, UserId};

/// Pages of members that are read at most. Members beyond them are in the count and not in the list.
const PAGES: usize = 10;

/// The members as the server last listed them, and the state of a change that is being made.
#[derive(Clone, Copy)]
pub(crate) struct Roster {
    pub(crate) room: RoomId,
    members: RwSignal<Option<Vec<Member>>>,
    pub(crate) problem: RwSignal<Option<String>>,
    /// A change is on its way: no second one is begun.
    pub(crate) busy: RwSignal<bool>,
}

impl Roster {
    pub(super) fn new(room: RoomId) -> Self {
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

    pub(super) async fn read(self) {
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
    pub(super) fn named(self, chat: Chat) -> Vec<Member> {
        let mut members = self.members.get().unwrap_or_default();
        members.iter_mut().for_each(|member| member.user.display_name = chat.called(&member.user));
        members
    }

    pub(super) fn ids(self) -> Vec<UserId> {
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
