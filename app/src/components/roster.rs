//! The members of a room in its details, and changes of them.

use crate::state::api;
use crate::state::keyed::{Entry, Keyed};
use leptos::prelude::*;
use protocol::{Member, Role, RoomId, UserId};

/// Pages of members that are read at most. Members beyond them are in the count and not in the list.
const PAGES: usize = 10;

/// A change of a room's membership, or of a member's role.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Add(UserId),
    Remove(UserId),
    SetRole(UserId, Role),
}

/// The members as the server last listed them, and the change that is being made.
#[derive(Clone, Copy)]
pub(crate) struct Roster {
    room: RoomId,
    members: Keyed<UserId, Member>,
    pub(crate) problem: RwSignal<Option<String>>,
    change: Action<Change, ()>,
    /// A change is on its way: no second one is begun.
    pub(crate) busy: Memo<bool>,
}

impl Roster {
    pub(super) fn new(room: RoomId) -> Self {
        let members = Keyed::new(Vec::new());
        let problem = RwSignal::new(None);
        let change = Action::new_local(move |change: &Change| {
            let change = *change;
            async move {
                let done = match change {
                    Change::Add(user) => api::add_member(room, user).await,
                    Change::Remove(user) => api::remove_member(room, user).await,
                    Change::SetRole(user, role) => api::set_role(room, user, role).await,
                };
                if let Err(error) = done {
                    problem.try_set(Some(error.message));
                }
                read(room, members, problem).await;
            }
        });
        Self { room, members, problem, change, busy: change.pending() }
    }

    /// Makes a change, then reads the members again.
    pub(crate) fn change(self, change: Change) {
        if !self.busy.get_untracked() {
            self.problem.set(None);
            self.change.dispatch(change);
        }
    }

    pub(super) async fn read(self) {
        read(self.room, self.members, self.problem).await;
    }

    pub(super) fn entries(self) -> Vec<Entry<UserId, Member>> {
        self.members.entries()
    }

    pub(super) fn ids(self) -> Vec<UserId> {
        self.entries().into_iter().map(|(id, _)| id).collect()
    }
}

async fn read(room: RoomId, members: Keyed<UserId, Member>, problem: RwSignal<Option<String>>) {
    let listed = list_all(room).await;
    // The dialog may have been closed meanwhile.
    if problem.is_disposed() {
        return;
    }
    match listed {
        Ok(listed) => members.replace(listed.into_iter().map(|member| (member.user.id, member)).collect()),
        Err(error) => problem.set(Some(error.message)),
    }
}

/// Owners first, then by name.
async fn list_all(room: RoomId) -> api::Answer<Vec<Member>> {
    let mut members = api::list_all_members(room, PAGES).await?;
    let folded = |name: &str| name.chars().flat_map(char::to_uppercase).collect::<String>();
    members.sort_by_cached_key(|member| (std::cmp::Reverse(member.role), folded(&member.user.display_name)));
    Ok(members)
}
