//! `/admin/invites`: invite links that work, to make and to revoke.

use super::{Administrator, PageAdministrator, base_url, document, failed};
use crate::auth::Caller;
use crate::auth::invites::{DAYS, USES};
use crate::documents::Notice;
use crate::documents::form::{Field, button, form};
use crate::http::extract::Id;
use crate::pages::read_form;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::response::Response;
use leptos::prelude::*;
use protocol::{RoomKind, RoomSummary};
use serde::Deserialize;
use std::sync::Arc;
use store::{Actor, Invite};
use uuid::Uuid;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, PageAdministrator(caller): PageAdministrator) -> Response {
    list(&app, &caller, Notice::None).await
}

#[derive(Deserialize)]
struct NewInvite {
    uses: i64,
    days: i64,
    /// Empty for none beside the first room.
    #[serde(default)]
    room: String,
}

pub(crate) async fn create(State(app): Shared, Administrator(caller): Administrator, request: Request) -> Response {
    let made = async {
        let (parts, NewInvite { uses, days, room }) = read_form(request).await?;
        let room = match room.as_str() {
            "" => None,
            room => Some(room.parse().map_err(|_| chat::Error::Invalid("room: choose one of the list.".to_owned()))?),
        };
        let code = app.auth.create_invite((uses, days), Vec::from_iter(room), &Actor::from(&caller.user)).await?;
        Ok::<_, Error>(format!("The link, which is shown only now: {}/join/{code}", base_url(&app, &parts)))
    };
    list(&app, &caller, Notice::of(made.await)).await
}

pub(crate) async fn revoke(State(app): Shared, Administrator(caller): Administrator, Id(id): Id<Uuid>) -> Response {
    let revoked = app.auth.revoke_invite(id, &Actor::from(&caller.user)).await;
    list(&app, &caller, Notice::of(revoked.map(|()| "The invite was revoked."))).await
}

async fn list(app: &App, caller: &Caller, notice: Notice) -> Response {
    let read = async { Ok::<_, Error>((app.auth.list_invites().await?, app.chat.list_rooms(caller.user.id).await?)) };
    let (invites, rooms) = match read.await {
        Ok(read) => read,
        Err(error) => return failed(app, error),
    };
    document("Invites", notice).render(app, || {
        let fields = vec![
            Field { kind: "number", value: "1", ..Field::text("uses", "Accounts that can be made with it", (1, 4)) }
                .view()
                .into_any(),
            Field { kind: "number", value: "7", ..Field::text("days", "Days until it expires", (1, 3)) }
                .view()
                .into_any(),
        ];
        let fields = fields.into_iter().chain([choice(&rooms)]).collect();
        let cards: Vec<_> = invites.iter().map(card).collect();
        let none = cards.is_empty();
        view! {
            <p class="pane-lead">
                {format!("Anybody who has the link can make an account. A link is for up to {} accounts and {} days.", USES.1, DAYS.1)}
            </p>
            {form("/admin/invites".to_owned(), fields, "Make an invite link", false)}
            <h2 class="pane-title">"Invites that work"</h2>
            {none.then(|| view! { <p class="pane-lead">"There is none."</p> })}
            <ul class="cards">{cards}</ul>
        }
    })
}

/// A room that people join by the invite: one of the administrator's own.
fn choice(rooms: &[RoomSummary]) -> AnyView {
    let rooms = rooms.iter().filter(|room| matches!(room.kind, RoomKind::Group | RoomKind::Public));
    let options: Vec<_> =
        rooms.map(|room| view! { <option value=room.id.to_string()>{room.name.clone()}</option> }).collect();
    view! {
        <div class="field">
            <label for="room">"A room that they join as well"</label>
            <select id="room" name="room" class="input">
                <option value="">"None"</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}

fn card(invite: &Invite) -> impl IntoView + use<> {
    let by = invite.created_by.clone().map_or_else(|| "the command line".to_owned(), |name| format!("@{name}"));
    let uses = if invite.uses_left == 1 { "1 account".to_owned() } else { format!("{} accounts", invite.uses_left) };
    let until = app::full_time(invite.expires_at.0);
    let made = format!("Made by {by} on {} UTC", app::full_time(invite.created_at.0));
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">{format!("For {uses}, until {until} UTC")}</p>
                <p class="card-note">{made}</p>
            </div>
            {button(format!("/admin/invites/{}/revoke", invite.id), "Revoke", "the invite", true)}
        </li>
    }
}
