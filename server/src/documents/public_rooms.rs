//! `/rooms/public`: the public rooms that one is not in. What the page shows as a dialog once it is live.

use super::form::{Field, button, search};
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::{Id, Params};
use crate::pages::{PageCaller, query_value};
use crate::{App, Error};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::limits::{PAGE_DEFAULT, ROOM_NAME_CHARS};
use protocol::{PublicRoom, RoomId};
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    query: String,
    cursor: Option<String>,
}

pub(crate) async fn show(State(app): Shared, PageCaller(caller): PageCaller, Params(asked): Params<Asked>) -> Response {
    render(&app, &caller, asked, Notice::None).await
}

pub(crate) async fn join(State(app): Shared, caller: Caller, Id(room): Id<RoomId>) -> Response {
    match app.chat.join_room(caller.user.id, room).await {
        Ok(room) => Redirect::to(&format!("/rooms/{}", room.id)).into_response(),
        Err(error) => render(&app, &caller, Asked::default(), Notice::failed(error.into())).await,
    }
}

async fn render(app: &App, caller: &Caller, asked: Asked, notice: Notice) -> Response {
    let Asked { query, cursor } = asked;
    let found = app.chat.list_public_rooms(caller.user.id, &query, cursor.as_deref(), PAGE_DEFAULT).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return Error::from(error).into_response(),
    };
    let more = found
        .next_cursor
        .map(|cursor| format!("/rooms/public?query={}&cursor={}", query_value(&query), query_value(&cursor)));
    let document = Document { title: "Public rooms", back: "/", pages: &[], notice };
    document.render(app, || {
        let field = Field { value: &query, ..Field::text("query", "Search rooms", (0, ROOM_NAME_CHARS.1)) };
        let none = found.rooms.is_empty();
        let cards: Vec<_> = found.rooms.iter().map(card).collect();
        view! {
            {search("/rooms/public", field)}
            {none.then(|| view! { <p class="hint" role="status">"There is no such room that you are not in."</p> })}
            <ul class="cards">{cards}</ul>
            {more.map(|more| view! { <p><a class="link" href=more>"More rooms"</a></p> })}
            <p><a class="link" href="/rooms/new?kind=public">"Create a public room"</a></p>
        }
    })
}

fn card(room: &PublicRoom) -> impl IntoView + use<> {
    let (id, name) = (room.id, room.name.clone());
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title"><a class="link" href=format!("/rooms/{id}")>{name.clone()}</a></p>
                <p class="card-note">{app::members(room.members_count)}</p>
            </div>
            {button(format!("/rooms/{id}/join"), "Join", &name, false)}
        </li>
    }
}
