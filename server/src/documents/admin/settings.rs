//! `/admin/settings`: who may make accounts, and what the sign-in page says of the server.

use super::{Administrator, PageAdministrator, document, failed};
use crate::auth::settings::{LINK_CHARS, SERVER_NAME_CHARS, ServerSettings};
use crate::config::Policy;
use crate::documents::Notice;
use crate::documents::form::{Field, form};
use crate::pages::read_form;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;
use std::sync::Arc;
use store::Actor;
use store::rules::membership::{ADMINISTRATORS, EVERYBODY};

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, _: PageAdministrator) -> Response {
    render(&app, Notice::None).await
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    registration: String,
    #[serde(default)]
    public_rooms: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    imprint: String,
    #[serde(default)]
    privacy: String,
}

pub(crate) async fn change(State(app): Shared, Administrator(caller): Administrator, request: Request) -> Response {
    let changed = async {
        let (_, Fields { registration, public_rooms, name, imprint, privacy }) = read_form(request).await?;
        let settings =
            ServerSettings { registration: Policy::of_word(&registration), public_rooms, name, imprint, privacy };
        app.auth.change_settings(settings, &Actor::from(&caller.user)).await
    };
    render(&app, Notice::of(changed.await.map(|()| "The settings were saved."))).await
}

async fn render(app: &App, notice: Notice) -> Response {
    let read = async { Ok::<_, Error>((app.auth.settings().await?, app.auth.policy().await?)) };
    let (settings, policy) = match read.await {
        Ok(read) => read,
        Err(error) => return failed(app, error),
    };
    let creators = if settings.public_rooms.is_empty() { EVERYBODY } else { settings.public_rooms.as_str() };
    let configured = app.auth.is_registration_configured();
    document("Settings", notice).render(app, || {
        let field = |name, label, hint, value, chars| {
            Field { hint, value, ..Field::text(name, label, (0, chars)) }.view().into_any()
        };
        let fields = vec![
            view! {
                <fieldset disabled=configured>
                    <legend>"Who may make an account"</legend>
                    {choice("registration", Policy::Open.word(), "Anybody", policy.word())}
                    {choice("registration", Policy::Invite.word(), "Who has an invite link", policy.word())}
                    {choice("registration", Policy::Closed.word(), "Nobody: administrators make accounts", policy.word())}
                    {configured.then(|| view! { <p class="hint">"The variable JACKDAW_REGISTRATION decides this."</p> })}
                </fieldset>
            }
            .into_any(),
            view! {
                <fieldset>
                    <legend>"Who may make public rooms"</legend>
                    {choice("public_rooms", EVERYBODY, "Everybody", creators)}
                    {choice("public_rooms", ADMINISTRATORS, "Administrators", creators)}
                </fieldset>
            }
            .into_any(),
            field("name", "Name of the server", "Shown on the sign-in page.", &settings.name, SERVER_NAME_CHARS),
            field("imprint", "Link to the imprint", "An address that begins with https://.", &settings.imprint, LINK_CHARS),
            field(
                "privacy",
                "Link to the privacy statement",
                "An address that begins with https://.",
                &settings.privacy,
                LINK_CHARS,
            ),
        ];
        form("/admin/settings".to_owned(), fields, "Save", false)
    })
}

fn choice(name: &'static str, word: &'static str, label: &'static str, now: &str) -> impl IntoView + use<> {
    let is_now = word == now;
    view! {
        <label class="choice">
            <input type="radio" name=name value=word checked=is_now />
            <span>{label}</span>
        </label>
    }
}
