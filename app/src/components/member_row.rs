//! A member of the open room, with what the person at this device may do about them.

use crate::components::avatar::PersonAvatar;
use crate::components::roster::{Change, Roster};
use crate::dom::focus;
use crate::state::Chat;
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use protocol::{Member, Role, User, UserId};

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
pub(crate) fn MemberRow(member: ArcRwSignal<Member>, own_role: Memo<Option<Role>>, roster: Roster) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let member = RwSignal::from(member);
    let User { id, username, .. } = member.with_untracked(|member| member.user.clone());
    let is_me = id == chat.me;
    let name = Memo::new(move |_| member.with(|member| chat.called(&member.user)));
    let role = Memo::new(move |_| member.with(|member| member.role));
    let is_removable = Memo::new(move |_| !is_me && may_remove(own_role.get(), role.get()));
    view! {
        <li class="member">
            {move || view! { <PersonAvatar id name=name.get() /> }}
            <div class="min-w-0 grow">
                <p class="person-name">
                    {name}
                    {is_me.then_some(" (you)")}
                </p>
                <p class="person-note">
                    {move || format!("@{username} · {}", words::role(role.get()))}
                    {(!is_me).then(|| view! { " · " <a class="link" rel="external" href=format!("/people/{id}")>"Block"</a> })}
                </p>
                <Show when=move || is_removable.get()>
                    <Actions id name role own_role roster />
                </Show>
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn Actions(
    id: UserId,
    name: Memo<String>,
    role: Memo<Role>,
    own_role: Memo<Option<Role>>,
    roster: Roster,
) -> impl IntoView {
    let offered = move || {
        focus::keep();
        let mut offered = vec![Role::Member, Role::Admin, Role::Owner];
        offered.retain(|offer| own_role.get() == Some(Role::Owner) && *offer != role.get());
        offered
    };
    let busy = move || roster.busy.get().then_some("true");
    view! {
        <div class="member-actions">
            <For each=offered key=|offer| *offer let(offer)>
                <button
                    type="button"
                    class="button button-small"
                    aria-label=move || format!("Make {}: {}", article(offer), name.get())
                    aria-disabled=busy
                    on:click=move |_| roster.change(Change::SetRole(id, offer))
                >
                    {format!("Make {}", article(offer))}
                </button>
            </For>
            <button
                type="button"
                class="button button-small button-danger"
                aria-label=move || format!("Remove {}", name.get())
                aria-disabled=busy
                on:click=move |_| roster.change(Change::Remove(id))
            >
                "Remove"
            </button>
        </div>
    }
    .into_any()
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
