//! `/admin`: accounts, found by name, with what an administrator may do to them.

use super::{Administrator, PageAdministrator, base_url, document, failed};
use crate::documents::Notice;
use crate::documents::form::{Field, button, search};
use crate::http::extract::{Id, Params};
use crate::{App, Error};
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use leptos::prelude::*;
use protocol::UserId;
use protocol::limits::DISPLAY_NAME_CHARS;
use serde::Deserialize;
use std::sync::Arc;
use store::{Account, Actor};

type Shared = State<Arc<App>>;

/// Accounts of one page.
pub(crate) const ACCOUNTS: i64 = 50;

#[derive(Default, Deserialize)]
pub(crate) struct Find {
    /// What a word of either name starts with.
    #[serde(default)]
    q: String,
    /// The last user name of the page before.
    #[serde(default)]
    after: String,
}

pub(crate) async fn show(State(app): Shared, Params(find): Params<Find>, _: PageAdministrator) -> Response {
    list(&app, &find, Notice::None).await
}

/// Does something to an account, and shows it as it is then.
pub(crate) async fn act(
    State(app): Shared,
    Administrator(caller): Administrator,
    Path((id, act)): Path<(UserId, String)>,
    parts: Parts,
) -> Response {
    let by = Actor::from(&caller.user);
    let done = async {
        let user = app.auth.find_user(id).await?;
        let name = format!("@{}", user.username);
        let told = match act.as_str() {
            "disable" => app.chat.set_disabled(id, true, by).await.map(|()| format!("{name} is disabled.")),
            "enable" => app.chat.set_disabled(id, false, by).await.map(|()| format!("{name} is enabled.")),
            "admin" => app.chat.set_admin(id, true, by).await.map(|()| format!("{name} is an administrator.")),
            "no-admin" => app.chat.set_admin(id, false, by).await.map(|()| format!("{name} is no administrator.")),
            "end-sessions" => app
                .chat
                .end_sessions(id, None, by)
                .await
                .map(|count| format!("{count} devices of {name} are signed out.")),
            "reset-link" => {
                let code = app.auth.reset_link(id, &by).await?;
                Ok(format!(
                    "A link for a new password of {name}, which works once within a day: {}/reset/{code}",
                    base_url(&app, &parts)
                ))
            }
            _ => Err(chat::Error::NotFound("address")),
        };
        Ok::<_, Error>((user.username, told?))
    };
    match done.await {
        Ok((q, told)) => list(&app, &Find { q, after: String::new() }, Notice::Done(told)).await,
        Err(error) => list(&app, &Find::default(), Notice::failed(error)).await,
    }
}

/// One account, for links.
pub(crate) async fn show_one(State(app): Shared, Id(id): Id<UserId>, _: PageAdministrator) -> Response {
    match app.auth.find_user(id).await {
        Ok(user) => list(&app, &Find { q: user.username, after: String::new() }, Notice::None).await,
        Err(error) => failed(&app, error),
    }
}

async fn list(app: &App, find: &Find, notice: Notice) -> Response {
    let accounts = match app.auth.list_accounts(&find.q, &find.after, ACCOUNTS).await {
        Ok(accounts) => accounts,
        Err(error) => return failed(app, error),
    };
    let last = accounts.last().filter(|_| accounts.len() as i64 == ACCOUNTS);
    let next = last.map(|last| {
        let query = crate::pages::query_value(&find.q);
        format!("/admin?q={query}&after={}", last.user.username)
    });
    document("People", notice).render(app, || {
        let field = Field { value: &find.q, ..Field::text("q", "Find by name", (0, DISPLAY_NAME_CHARS.1)) };
        let cards: Vec<_> = accounts.iter().map(card).collect();
        view! {
            {search("/admin", field)}
            {cards.is_empty().then(|| view! { <p class="pane-lead">"Nobody has such a name."</p> })}
            <ul class="cards">{cards}</ul>
            {next.map(|next| view! { <p class="pane-title"><a class="link" href=next>"More"</a></p> })}
        }
    })
}

fn card(account: &Account) -> impl IntoView + use<> {
    let user = account.user.clone();
    let (id, name, is_disabled) = (user.id, format!("@{}", user.username), account.disabled_at.is_some());
    let seen = account.last_seen_at.map(|at| format!(" · last seen {} UTC", app::full_time(at.0))).unwrap_or_default();
    let act =
        |act: &str, label, is_danger| button(format!("/admin/people/{id}/{act}"), label, &name, is_danger).into_any();
    let actions = vec![
        if is_disabled { act("enable", "Enable", false) } else { act("disable", "Disable", true) },
        act("end-sessions", "Sign out everywhere", false),
        act("reset-link", "Link for a new password", false),
        if user.is_admin {
            act("no-admin", "Remove as administrator", true)
        } else {
            act("admin", "Make administrator", false)
        },
    ];
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">
                    {user.display_name.clone()} " "
                    {user.is_admin.then(|| view! { <span class="tag">"Administrator"</span> })}
                    {is_disabled.then(|| view! { <span class="tag">"Disabled"</span> })}
                </p>
                <p class="card-note">
                    {format!("{name} · since {} UTC{seen}", app::full_time(user.created_at.0))}
                </p>
            </div>
            <div class="document-actions">{actions}</div>
        </li>
    }
}
