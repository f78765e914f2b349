//! `/people/ID`: somebody else, to block or to unblock; and `/account/blocks`, everybody whom one blocks.

use super::form::button;
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Id;
use crate::pages;
use crate::{App, Error};
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use protocol::{User, UserId};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, Id(user): Id<UserId>, parts: Parts) -> Response {
    match pages::signed_in_or_renew(&app, &parts).await {
        Ok(caller) => render(&app, &caller, user, Notice::None).await,
        Err(answer) => answer,
    }
}

/// Blocks or unblocks, by the last word of the address.
pub(crate) async fn act(State(app): Shared, caller: Caller, Path((user, act)): Path<(UserId, String)>) -> Response {
    let me = caller.user.id;
    let done = match act.as_str() {
        "block" => app.chat.block(me, user).await.map(|()| "Blocked."),
        "unblock" => app.chat.unblock(me, user).await.map(|()| "Unblocked."),
        _ => Err(chat::Error::NotFound("address")),
    };
    let notice = done.map_or_else(|error| Notice::failed(error.into()), |told| Notice::Done(told.to_owned()));
    render(&app, &caller, user, notice).await
}

/// Everybody whom the caller blocks.
pub(crate) async fn list(State(app): Shared, parts: Parts) -> Response {
    let caller = match pages::signed_in_or_renew(&app, &parts).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let found = async {
        let mut users = Vec::new();
        for id in app.chat.list_blocks(caller.user.id).await? {
            users.push(app.auth.find_user(id).await?);
        }
        Ok::<_, Error>(users)
    };
    let users = match found.await {
        Ok(users) => users,
        Err(error) => return error.into_response(),
    };
    let document = Document { title: "Blocked people", back: "/account", pages: &[], notice: Notice::None };
    document.render(&app, || {
        let none = users.is_empty();
        let cards: Vec<_> = users.iter().map(|user| card(user, true)).collect();
        view! {
            {none.then(|| view! { <p class="pane-lead">"You block nobody. You can do so from the details of a room."</p> })}
            <ul class="cards">{cards}</ul>
        }
    })
}

async fn render(app: &App, caller: &Caller, id: UserId, notice: Notice) -> Response {
    let found = async {
        let user = app.auth.find_user(id).await?;
        Ok::<_, Error>((user, app.chat.list_blocks(caller.user.id).await?.contains(&id)))
    };
    let (user, is_blocked) = match found.await {
        Ok(found) => found,
        Err(Error::Chat(chat::Error::NotFound(_))) => return pages::nothing_here(app),
        Err(error) => return error.into_response(),
    };
    let document = Document { title: "A person", back: "/", pages: &[], notice };
    document.render(app, || {
        view! {
            <ul class="cards">{card(&user, is_blocked)}</ul>
            <p class="pane-title">
                "Somebody whom you block cannot write to you, start a chat with you or add you to groups. Their messages in groups are folded. They
                are not told."
            </p>
        }
    })
}

fn card(user: &User, is_blocked: bool) -> impl IntoView + use<> {
    let (name, id) = (format!("@{}", user.username), user.id);
    let act = if is_blocked {
        button(format!("/people/{id}/unblock"), "Unblock", &name, false).into_any()
    } else {
        button(format!("/people/{id}/block"), "Block", &name, true).into_any()
    };
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">{user.display_name.clone()}</p>
                <p class="card-note">{name}</p>
            </div>
            {act}
        </li>
    }
}
