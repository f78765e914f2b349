//! A member of the open room, with what the person at this device may do about them.

use crate::components::avatar::PersonAvatar;
use crate::components::roster::Roster;
use crate::erase::{live, press};
use crate::state::{Chat, api};
use crate::words;
use leptos::prelude::*;
use protocol::{Member, Role, User};

/// The server keeps the same rights: owners give roles and remove anybody, admins remove members.
fn may_remove(own: Option<Role>, other: Role) -> bool {
    match own {
        Some(Role::Owner) => true,
        Some(Role::Admin) => other == Role::Member,
        Some(Role::Member | Role::Unknown) | None => false,
    }
}

/// One line. Nobody acts on themselves here: leaving is a thing of its own.
#[component]
pub(crate) fn MemberRow(member: Member, own_role: Memo<Option<Role>>, roster: Roster) -> impl IntoView {
    let Member { user, role, .. } = member;
    let is_me = user.id == expect_context::<Chat>().me;
    let acting = StoredValue::new(user.clone());
    let actions = move || {
        let own = own_role.get();
        (!is_me && may_remove(own, role)).then(|| {
            view! { <Actions user=acting.get_value() role gives_roles=own == Some(Role::Owner) roster /> }
        })
    };
    view! {
        <li class="member">
            <PersonAvatar id=user.id name=user.display_name.clone() />
            <div class="min-w-0 grow">
                <p class="person-name">
                    {user.display_name}
                    {is_me.then_some(" (you)")}
                </p>
                <p class="person-note">
                    {format!("@{} · {}", user.username, words::role(role))}
                    {(!is_me).then(|| view! { " · " <a class="link" rel="external" href=format!("/people/{}", user.id)>"Block"</a> })}
                </p>
                {live(actions)}
            </div>
        </li>
    }
}

#[component]
fn Actions(user: User, role: Role, gives_roles: bool, roster: Roster) -> impl IntoView {
    let id = user.id;
    let give = move |role: Role| roster.change(api::set_role(roster.room, id, role));
    let remove = move |_| roster.change(api::remove_member(roster.room, id));
    let offered = [Role::Member, Role::Admin, Role::Owner].into_iter().filter(|offer| *offer != role);
    let roles = offered.map(|offer| {
        let label = format!("Make {}: {}", article(offer), user.display_name);
        view! {
            <button
                type="button"
                class="button button-small"
                aria-label=label
                disabled=roster.busy
                on:click=press(move |_| give(offer))
            >
                {format!("Make {}", article(offer))}
            </button>
        }
    });
    view! {
        <div class="member-actions">
            {gives_roles.then(|| roles.collect_view())}
            <button
                type="button"
                class="button button-small button-danger"
                aria-label=format!("Remove {}", user.display_name)
                disabled=roster.busy
                on:click=press(remove)
            >
                "Remove"
            </button>
        </div>
    }
}

const fn article(role: Role) -> &'static str {
    match role {
        Role::Member | Role::Unknown => "a member",
        Role::Admin => "an admin",
        Role::Owner => "an owner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_removes_members_only() {
        assert!(may_remove(Some(Role::Owner), Role::Owner));
        assert!(may_remove(Some(Role::Admin), Role::Member));
        assert!(!may_remove(Some(Role::Admin), Role::Admin));
        assert!(!may_remove(Some(Role::Member), Role::Member));
        assert!(!may_remove(None, Role::Member));
        assert!(!may_remove(Some(Role::Unknown), Role::Member), "a role of a later version grants nothing");
        assert!(!may_remove(Some(Role::Admin), Role::Unknown));
    }
}
