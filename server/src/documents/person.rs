//! `/people/ID`: another person, to block or to unblock; and `/account/blocks`, the list of blocked people.

use super::form::button;
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Id;
use crate::pages::{self, PageCaller};
use crate::{App, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use protocol::limits::PEOPLE_IDS;
use protocol::{Person, UserId};
use std::collections::HashMap;
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, Id(user): Id<UserId>, PageCaller(caller): PageCaller) -> Response {
    render(&app, &caller, user, Notice::None).await
}

/// Blocks or unblocks, by the last word of the address.
pub(crate) async fn act(State(app): Shared, caller: Caller, Path((user, act)): Path<(UserId, String)>) -> Response {
    let me = caller.user.id;
    let done = match act.as_str() {
        "block" => app.chat.block(me, user).await.map(|()| "Blocked."),
        "unblock" => app.chat.unblock(me, user).await.map(|()| "Unblocked."),
        _ => Err(chat::Error::NotFound("address")),
    };
    render(&app, &caller, user, Notice::of(done)).await
}

/// Everybody blocked by the caller, the latest first.
pub(crate) async fn list(State(app): Shared, PageCaller(caller): PageCaller) -> Response {
    let found = async {
        let ids = app.chat.list_blocks(caller.user.id).await?;
        let mut people = HashMap::new();
        for ids in ids.chunks(PEOPLE_IDS) {
            let (found, _) = app.chat.list_people(-1, ids).await?;
            people.extend(found.into_iter().map(|person| (person.id, person)));
        }
        Ok::<_, chat::Error>(ids.iter().filter_map(|id| people.remove(id)).collect::<Vec<_>>())
    };
    let people = match found.await {
        Ok(people) => people,
        Err(error) => return Error::from(error).into_response(),
    };
    let document = Document { title: "Blocked people", back: "/account", pages: &[], notice: Notice::None };
    document.render(&app, || {
        let none = people.is_empty();
        let card = |person: &Person| card(person.id, &person.display_name, &person.username, true);
        let cards: Vec<_> = people.iter().map(card).collect();
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
            <ul class="cards">{card(id, &user.display_name, &user.username, is_blocked)}</ul>
            <p class="pane-title">
                "A person that you block cannot write to you, start a chat with you or add you to groups. Their messages in groups are folded.
                Neither of you sees when the other is online or typing. They are not told."
            </p>
        }
    })
}

fn card(id: UserId, display_name: &str, username: &str, is_blocked: bool) -> impl IntoView + use<> {
    let (name, display_name) = (format!("@{username}"), display_name.to_owned());
    let act = if is_blocked {
        button(format!("/people/{id}/unblock"), "Unblock", &name, false).into_any()
    } else {
        button(format!("/people/{id}/block"), "Block", &name, true).into_any()
    };
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">{display_name}</p>
                <p class="card-note">{name}</p>
            </div>
            {act}
        </li>
    }
}
