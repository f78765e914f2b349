//! `/rooms/ID/manage`: what a room is about, who may write in it, its archive, and who is banned from it.

use super::form::{Field, button, form};
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Id;
use crate::pages::{self, PageCaller, read_form};
use crate::{App, Error};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::limits::{PAGE_MAX, TOPIC_CHARS, USERNAME_CHARS};
use protocol::{Ban, Posting, Role, RoomId, RoomKind, RoomSummary, UpdateRoom, UserId};
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, Id(room): Id<RoomId>, PageCaller(caller): PageCaller) -> Response {
    render(&app, &caller, room, Notice::None).await
}

#[derive(Deserialize)]
struct Topic {
    topic: String,
}

/// What a form changes, by the last word of its address.
pub(crate) async fn change(
    State(app): Shared,
    caller: Caller,
    Path((room, what)): Path<(RoomId, String)>,
    request: Request,
) -> Response {
    let changed = async {
        let form = match what.as_str() {
            "topic" => {
                let (_, Topic { topic }) = read_form(request).await?;
                UpdateRoom { topic: Some(topic), ..UpdateRoom::default() }
            }
            "archive" => UpdateRoom { archived: Some(true), ..UpdateRoom::default() },
            "restore" => UpdateRoom { archived: Some(false), ..UpdateRoom::default() },
            "announcements" => UpdateRoom { posting: Some(Posting::Admins), ..UpdateRoom::default() },
            "everybody" => UpdateRoom { posting: Some(Posting::Everybody), ..UpdateRoom::default() },
            _ => return Err(chat::Error::NotFound("address").into()),
        };
        Ok::<_, Error>(app.chat.update_room(caller.user.id, room, form).await?)
    };
    let notice = Notice::of(changed.await.map(|_| "The room was changed."));
    render(&app, &caller, room, notice).await
}

#[derive(Deserialize)]
struct BanForm {
    username: String,
}

pub(crate) async fn ban(State(app): Shared, caller: Caller, Id(room): Id<RoomId>, request: Request) -> Response {
    let banned = async {
        let (_, BanForm { username }) = read_form(request).await?;
        let user = app.auth.find_by_name(&username).await?;
        app.chat.ban(caller.user.id, room, user.id).await?;
        Ok::<_, Error>(format!("@{} is banned from this room.", user.username))
    };
    let notice = Notice::of(banned.await);
    render(&app, &caller, room, notice).await
}

pub(crate) async fn lift_ban(State(app): Shared, caller: Caller, Id((room, user)): Id<(RoomId, UserId)>) -> Response {
    match app.chat.lift_ban(caller.user.id, room, user).await {
        Ok(()) => Redirect::to(&format!("/rooms/{room}/manage")).into_response(),
        Err(error) => render(&app, &caller, room, Notice::failed(error.into())).await,
    }
}

async fn render(app: &App, caller: &Caller, id: RoomId, notice: Notice) -> Response {
    let room = match app.chat.find_room(caller.user.id, id).await {
        Ok(room) if room.kind != RoomKind::Direct => room,
        Ok(_) | Err(chat::Error::NotFound(_)) => return pages::nothing_here(app),
        Err(error) => return Error::from(error).into_response(),
    };
    let bans = match room.role {
        Some(Role::Admin | Role::Owner) => app.chat.list_bans(caller.user.id, id, None, PAGE_MAX).await,
        _ => Err(chat::Error::NotFound("room")),
    };
    let back = format!("/rooms/{id}");
    let document = Document { title: "Manage the room", back: &back, pages: &[], notice };
    document.render(app, || {
        let about = match (&room.topic, room.archived_at) {
            (_, Some(_)) => format!("{} is archived: nobody writes in it.", room.name),
            (Some(topic), None) => format!("{}: {topic}", room.name),
            (None, None) => room.name.clone(),
        };
        let (is_admin, is_owner) = (bans.is_ok(), room.role == Some(Role::Owner));
        view! {
            <p class="pane-lead">{about}</p>
            {(!is_admin).then(|| view! { <p class="pane-lead">"Only its admins and owners change a room."</p> })}
            {is_admin.then(|| topic(&room))}
            {is_admin.then(|| posting(&room))}
            {is_owner.then(|| archive(&room))}
            {bans.ok().map(|page| banned(id, &page.bans))}
        }
    })
}

fn topic(room: &RoomSummary) -> impl IntoView + use<> {
    let now = room.topic.clone().unwrap_or_default();
    let field = Field {
        value: &now,
        hint: "Everybody in the room sees it below the name.",
        ..Field::text("topic", "What the room is about", TOPIC_CHARS)
    };
    let fields = vec![field.view().into_any()];
    view! {
        <h2 class="pane-title">"Topic"</h2>
        {form(format!("/rooms/{}/manage/topic", room.id), fields, "Save", false)}
    }
}

fn posting(room: &RoomSummary) -> impl IntoView + use<> {
    let (told, act, label) = if room.posting.is_everybody() {
        ("Every member writes.", "announcements", "Let only admins and owners write")
    } else {
        ("Only admins and owners write.", "everybody", "Let every member write")
    };
    view! {
        <h2 class="pane-title">"Who writes"</h2>
        <p class="pane-lead">{told}</p>
        {button(format!("/rooms/{}/manage/{act}", room.id), label, "", false)}
    }
}

fn archive(room: &RoomSummary) -> impl IntoView + use<> {
    let (told, act, label) = if room.archived_at.is_some() {
        ("The room is archived: it can be read, and nobody writes in it.", "restore", "Restore the room")
    } else {
        ("An archived room can be read, and nobody writes in it.", "archive", "Archive the room")
    };
    view! {
        <h2 class="pane-title">"Archive"</h2>
        <p class="pane-lead">{told}</p>
        {button(format!("/rooms/{}/manage/{act}", room.id), label, "", room.archived_at.is_none())}
    }
}

fn banned(room: RoomId, bans: &[Ban]) -> impl IntoView + use<> {
    let cards: Vec<_> = bans
        .iter()
        .map(|ban| {
            let name = format!("@{}", ban.user.username);
            let lift = format!("/rooms/{room}/manage/bans/{}/lift", ban.user.id);
            let since = format!("{name} · since {} UTC", app::full_time(ban.created_at.0));
            view! {
                <li class="card">
                    <div class="card-text">
                        <p class="card-title">{ban.user.display_name.clone()}</p>
                        <p class="card-note">{since}</p>
                    </div>
                    {button(lift, "Lift the ban", &name, false)}
                </li>
            }
        })
        .collect();
    let field = Field {
        hint: "They leave the room, cannot enter it again, and do not see it any more.",
        ..Field::text("username", "User name", USERNAME_CHARS)
    };
    let fields = vec![field.view().into_any()];
    view! {
        <h2 class="pane-title">"Banned people"</h2>
        <ul class="cards">{cards}</ul>
        {form(format!("/rooms/{room}/manage/bans"), fields, "Ban", true)}
    }
}
