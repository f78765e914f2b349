//! The forms that are posted: sign in, sign up, sign a device out, read receipts.

use super::{local_path, render::render};
use crate::auth::Caller;
use crate::http::sign_in::{SignedIn, sign_in, sign_up};
use crate::http::{address, extract};
use crate::{App, Error};
use app::{Boot, BootPage, Form};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{Login, Register, SessionId, UpdateMe};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

type Shared = State<Arc<App>>;

/// Fields of both forms; what a form does not have is empty.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    username: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    /// The code of an invite.
    #[serde(default)]
    code: String,
    /// The box "This is not my device": there where it is ticked.
    #[serde(default)]
    shared: Option<String>,
}

pub(crate) async fn login(State(app): Shared, request: Request) -> Response {
    let (parts, fields): (_, Fields) = match read(request).await {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let form = Login { username: fields.username.clone(), password: fields.password.clone() };
    let done = sign_in(&app, &parts, form, fields.shared.is_some()).await;
    finish(&app, parts, fields, done, |form| BootPage::Login { form }).await
}

pub(crate) async fn register(State(app): Shared, request: Request) -> Response {
    let (parts, fields): (_, Fields) = match read(request).await {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let form = Register {
        username: fields.username.clone(),
        password: fields.password.clone(),
        display_name: Some(fields.display_name.clone()),
        code: Some(fields.code.clone()).filter(|code| !code.is_empty()),
    };
    let done = sign_up(&app, &parts, form, fields.shared.is_some()).await;
    finish(&app, parts, fields, done, |form| BootPage::Register { form }).await
}

pub(crate) async fn revoke(
    State(app): Shared,
    caller: Caller,
    extract::Id(session): extract::Id<SessionId>,
) -> Result<Redirect, Error> {
    match app.auth.end_session(caller.user.id, session).await {
        // Ended already, by another device or a second click: the list shows it.
        Ok(()) | Err(Error::Chat(chat::Error::NotFound(_))) => Ok(Redirect::to("/devices")),
        Err(error) => Err(error),
    }
}

/// The form of read receipts: a checkbox that is not ticked is not sent.
#[derive(Deserialize)]
pub(crate) struct Receipts {
    #[serde(default)]
    receipts: bool,
}

pub(crate) async fn set_receipts(State(app): Shared, caller: Caller, request: Request) -> Result<Redirect, Error> {
    let (_, Receipts { receipts }) = read(request).await?;
    app.auth.update(caller.user.id, UpdateMe { display_name: None, receipts: Some(receipts) }).await?;
    Ok(Redirect::to("/devices#receipts"))
}

/// Shows a form, with whether strangers may make an account.
pub(super) async fn show(app: &App, request: Request, page: BootPage, status: StatusCode) -> Response {
    let (parts, body) = request.into_parts();
    let registration_open = app.auth.registration_open(address::is_local(app, &parts)).await.unwrap_or(false);
    let request = Request::from_parts(parts, body);
    let about = app.auth.settings().await.map(|settings| settings.about()).unwrap_or_default();
    let boot = Boot { registration_open, about, ..Boot::new(page) };
    render(app, boot, status, request).await
}

pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<(Parts, T), Error> {
    let (parts, body) = request.into_parts();
    let copy = Request::from_parts(parts.clone(), body);
    match axum::Form::from_request(copy, &()).await {
        Ok(axum::Form(fields)) => Ok((parts, fields)),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Error::TooLarge),
        Err(rejection) if extract::is_slow(&rejection) => Err(Error::Slow),
        Err(rejection) => Err(chat::Error::Invalid(rejection.body_text()).into()),
    }
}

/// Goes on to where the person wanted to go, or shows the form again with what they typed and why it failed.
async fn finish(
    app: &App,
    parts: Parts,
    fields: Fields,
    done: Result<SignedIn, Error>,
    page: impl FnOnce(Form) -> BootPage,
) -> Response {
    match done {
        Ok(done) => (done.cookies(app, &parts), Redirect::to(local_path(&fields.next))).into_response(),
        Err(error) => {
            let status = error.status();
            let form = Form {
                username: fields.username,
                display_name: fields.display_name,
                error: Some(error.into_api().message),
                next: local_path(&fields.next).to_owned(),
                shared: fields.shared.is_some(),
                code: fields.code,
            };
            show(app, Request::from_parts(parts, axum::body::Body::empty()), page(form), status).await
        }
    }
}
