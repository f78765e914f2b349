//! `/account`: name, password, other devices, and the end of the account.

use super::form::{Field, button, form};
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::{account, cookies};
use crate::pages::{PageCaller, read_form};
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::UpdateMe;
use protocol::limits::DISPLAY_NAME_CHARS;
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, PageCaller(caller): PageCaller) -> Response {
    render(&app, &caller, Notice::None)
}

#[derive(Deserialize)]
struct Name {
    display_name: String,
}

pub(crate) async fn rename(State(app): Shared, caller: Caller, request: Request) -> Response {
    let renamed = async {
        let (_, Name { display_name }) = read_form(request).await?;
        account::update(&app, &caller, UpdateMe { display_name: Some(display_name), receipts: None }).await
    };
    match renamed.await {
        Ok(user) => render(&app, &Caller { user, ..caller }, Notice::Done("Your name was changed.".to_owned())),
        Err(error) => render(&app, &caller, Notice::failed(error)),
    }
}

#[derive(Deserialize)]
struct Passwords {
    current_password: String,
    new_password: String,
}

pub(crate) async fn change_password(State(app): Shared, caller: Caller, request: Request) -> Response {
    let changed = async {
        let (parts, Passwords { current_password, new_password }) = read_form(request).await?;
        account::change_password(&app, &parts, &caller, current_password, new_password).await?;
        Ok::<_, Error>("Your password was changed. All your other devices are signed out.")
    };
    let notice = Notice::of(changed.await);
    render(&app, &caller, notice)
}

pub(crate) async fn sign_out_others(State(app): Shared, caller: Caller) -> Response {
    let told = |count| match count {
        1 => "One other device was signed out.".to_owned(),
        count => format!("{count} other devices were signed out."),
    };
    render(&app, &caller, Notice::of(account::sign_out_others(&app, &caller).await.map(told)))
}

#[derive(Deserialize)]
struct Delete {
    password: String,
    /// The box "Delete my messages too" was ticked.
    #[serde(default)]
    messages: Option<String>,
}

pub(crate) async fn delete(State(app): Shared, caller: Caller, request: Request) -> Response {
    let deleted = async {
        let (parts, Delete { password, messages }) = read_form(request).await?;
        account::delete_account(&app, &parts, &caller, password, messages.is_some()).await?;
        Ok::<_, Error>(parts)
    };
    match deleted.await {
        // The sign-in page empties what the browser stored of the person.
        Ok(parts) => (cookies::clear(&app, &parts), Redirect::to("/login")).into_response(),
        Err(error) => render(&app, &caller, Notice::failed(error)),
    }
}

fn render(app: &App, caller: &Caller, notice: Notice) -> Response {
    let user = &caller.user;
    let document = Document { title: "Your account", back: "/devices", pages: &[], notice };
    document.render(app, || {
        let name = Field {
            value: &user.display_name,
            hint: "Everybody sees it. You sign in with your user name, which stays.",
            autocomplete: "name",
            ..Field::text("display_name", "Name to show", DISPLAY_NAME_CHARS)
        };
        let passwords = vec![
            Field::password("current_password", "Current password", "current-password").view().into_any(),
            Field {
                hint: "At least 8 characters. All your other devices are signed out.",
                ..Field::password("new_password", "New password", "new-password")
            }
            .view()
            .into_any(),
        ];
        let end = vec![
            Field::password("password", "Your password", "current-password").view().into_any(),
            view! {
                <label class="choice">
                    <input type="checkbox" name="messages" value="true" />
                    <span>"Delete my messages too. Without this they stay, under the name \u{201c}Former member\u{201d}."</span>
                </label>
            }
            .into_any(),
        ];
        view! {
            <p class="pane-lead">{format!("You are signed in as @{}.", user.username)}</p>
            <h2 class="pane-title">"Name"</h2>
            {form("/account/name".to_owned(), vec![name.view().into_any()], "Save", false)}
            <h2 class="pane-title">"Password"</h2>
            {form("/account/password".to_owned(), passwords, "Change password", false)}
            <h2 class="pane-title">"Other devices"</h2>
            <p class="pane-lead">"Signs you out everywhere but here."</p>
            {button("/account/sign-out-others".to_owned(), "Sign out everywhere else", "", false)}
            <p class="pane-title"><a class="link" href="/account/blocks">"Blocked people"</a></p>
            {user.is_admin.then(|| view! {
                <h2 class="pane-title">"Administration"</h2>
                <p><a class="link" href="/admin">"People, invites and settings of this server"</a></p>
            })}
            <h2 class="pane-title">"Delete the account"</h2>
            <p class="pane-lead">
                "Nobody can sign in with it any more, and you leave all groups. This cannot be undone."
            </p>
            {form("/account/delete".to_owned(), end, "Delete my account", true)}
        }
    })
}
