//! `/rooms/new`: starts a chat with one person, a group, or a public room. What the page shows as a dialog once it is live.

use super::form::{Field, form, search};
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Params;
use crate::pages::{PageCaller, read_form};
use crate::routes::users::USERS;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::limits::{DISPLAY_NAME_CHARS, ROOM_NAME_CHARS};
use protocol::{CreateRoom, User, UserId};
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

/// The address of the form of a chat with one person, of a group and of a public room.
const KINDS: &[(&str, &str)] = &[
    ("/rooms/new", "New chat"),
    ("/rooms/new?kind=group", "New group"),
    ("/rooms/new?kind=public", "New public room"),
];

/// The query of the address: the kind of room, and the text of the search for people.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    query: Option<String>,
}

pub(crate) async fn show(State(app): Shared, PageCaller(caller): PageCaller, Params(asked): Params<Asked>) -> Response {
    render(&app, &caller, asked, Notice::None).await
}

#[derive(Deserialize)]
struct New {
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    user_id: Option<UserId>,
}

impl New {
    fn room(self) -> Result<CreateRoom, chat::Error> {
        match (self.kind.as_str(), self.user_id) {
            ("direct", Some(user_id)) => Ok(CreateRoom::Direct { user_id }),
            ("direct", None) => Err(chat::Error::Invalid("user_id: is missing.".into())),
            ("group", _) => Ok(CreateRoom::Group { name: self.name, member_ids: Vec::new() }),
            ("public", _) => Ok(CreateRoom::Public { name: self.name }),
            _ => Err(chat::Error::Invalid("kind: must be direct, group or public.".into())),
        }
    }
}

/// Makes the room and leads there.
pub(crate) async fn create(State(app): Shared, caller: Caller, request: Request) -> Response {
    let mut asked = Asked::default();
    let created = async {
        let (_, new): (_, New) = read_form(request).await?;
        asked.kind.clone_from(&new.kind);
        Ok::<_, Error>(app.chat.create_room(caller.user.id, new.room()?).await?.0)
    };
    match created.await {
        Ok(room) => Redirect::to(&format!("/rooms/{}", room.id)).into_response(),
        Err(error) => render(&app, &caller, asked, Notice::failed(error)).await,
    }
}

async fn render(app: &App, caller: &Caller, asked: Asked, notice: Notice) -> Response {
    let query = asked.query.unwrap_or_default();
    let (title, found) = match asked.kind.as_str() {
        "group" => ("New group", None),
        "public" => ("New public room", None),
        _ => ("New chat", Some(app.chat.list_users(caller.user.id, &query, USERS).await)),
    };
    let found = match found.transpose() {
        Ok(found) => found,
        Err(error) => return Error::from(error).into_response(),
    };
    let document = Document { title, back: "/", pages: KINDS, notice };
    document.render(app, || match (found, title) {
        (Some(found), _) => direct(&query, &found).into_any(),
        (None, "New group") => {
            named("group", "Members only. Add people in the details of the group.", "Create group").into_any()
        }
        (None, _) => {
            named("public", "Anybody with an account here may find it, read it and join.", "Create public room")
                .into_any()
        }
    })
}

/// People to chat with; all of the server's, where nothing is searched for.
fn direct(query: &str, found: &[User]) -> impl IntoView + use<> {
    let field = Field { value: query, ..Field::text("query", "Search people", (0, DISPLAY_NAME_CHARS.1)) };
    let none = found.is_empty();
    let cards: Vec<_> = found.iter().map(card).collect();
    view! {
        <p class="pane-lead">"A chat between the two of you."</p>
        {search("/rooms/new", field)}
        {none.then(|| view! { <p class="hint" role="status">"Nobody is called so."</p> })}
        <ul class="cards">{cards}</ul>
    }
}

fn card(user: &User) -> impl IntoView + use<> {
    let (id, name, username) = (user.id.to_string(), user.display_name.clone(), format!("@{}", user.username));
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">{name}</p>
                <p class="card-note">{username.clone()}</p>
            </div>
            <form method="post" action="/rooms/new">
                <input type="hidden" name="kind" value="direct" />
                <input type="hidden" name="user_id" value=id />
                <button type="submit" class="button button-small">"Chat" <span class="sr-only">{format!(" with {username}")}</span></button>
            </form>
        </li>
    }
}

fn named(kind: &'static str, lead: &'static str, label: &'static str) -> impl IntoView {
    let fields = vec![
        view! { <input type="hidden" name="kind" value=kind /> }.into_any(),
        Field::text("name", "Name", ROOM_NAME_CHARS).view().into_any(),
    ];
    view! {
        <p class="pane-lead">{lead}</p>
        {form("/rooms/new".to_owned(), fields, label, false)}
    }
}
