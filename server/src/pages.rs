//! Pages for people: what the server knows goes into a `Boot`, and the view that the browser also has renders it.
//!
//! Forms work without JavaScript: they are posted here and answered with a redirect, or with the page and an error.

mod forms;
mod manifest;
mod plain;
mod render;

pub(crate) use forms::{login, read as read_form, register, revoke, set_receipts};
pub(crate) use manifest::show as manifest;

use crate::auth::Caller;
use crate::http::{address, cookies, extract};
use crate::{App, Error};
use app::{Boot, BootPage, Form};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chat::budget::Read;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::RoomId;
use protocol::limits::PAGE_DEFAULT;
use render::render;
use serde::Deserialize;
use std::sync::Arc;
use store::HistoryRange;

type Shared = State<Arc<App>>;

/// Where a person wants to be once they are signed in.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    pub(crate) next: String,
}

pub(crate) async fn show_login(
    State(app): Shared,
    extract::Params(Next { next }): extract::Params<Next>,
    request: Request,
) -> Response {
    show_form(app, request, next, |form| BootPage::Login { form }).await
}

pub(crate) async fn show_register(
    State(app): Shared,
    extract::Params(Next { next }): extract::Params<Next>,
    request: Request,
) -> Response {
    show_form(app, request, next, |form| BootPage::Register { form }).await
}

/// The form for an account that the holder of this code may make. A code that is wrong, used up, revoked or expired gets the same answer.
pub(crate) async fn show_join(State(app): Shared, Path(code): Path<String>, request: Request) -> Response {
    const NOT_VALID: chat::Error = chat::Error::Forbidden(
        "This link is not valid, or not any more. Ask the person who gave it to you for a new one.",
    );
    let (parts, body) = request.into_parts();
    if let Err(error) = app.limits.stranger(address::of(&app, &parts)) {
        return plain::refused(&app, error.into());
    }
    let request = Request::from_parts(parts, body);
    match app.auth.is_valid_code(&code).await {
        Ok(true) => {
            show_form(app, request, String::new(), |form| BootPage::Register { form: Form { code, ..form } }).await
        }
        Ok(false) => show_error(&app, None, NOT_VALID.into(), request).await,
        Err(error) => show_error(&app, None, error, request).await,
    }
}

async fn show_form(app: Arc<App>, request: Request, next: String, page: impl FnOnce(Form) -> BootPage) -> Response {
    match caller(&app, request.headers()).await {
        Ok(_) => return Redirect::to(local_path(&next)).into_response(),
        Err(error @ Error::Chat(chat::Error::RateLimited { .. })) => return plain::refused(&app, error),
        // With an expired token there may be a session to renew, once: where there is none, its cookies are cleared.
        Err(Error::Unauthenticated(_)) if cookies::access(request.headers()).is_some() => {
            return Redirect::to(&renew_path(local_path(&next))).into_response();
        }
        Err(_) => {}
    }
    let (parts, body) = request.into_parts();
    if let Err(error) = app.limits.stranger(address::of(&app, &parts)) {
        return plain::refused(&app, error.into());
    }
    let request = Request::from_parts(parts, body);
    let form = Form { next: local_path(&next).to_owned(), ..Form::default() };
    forms::show(&app, request, page(form), StatusCode::OK).await
}

pub(crate) async fn home(State(app): Shared, request: Request) -> Response {
    signed_in(app, request, async |_, _| Ok(BootPage::Home)).await
}

pub(crate) async fn room(State(app): Shared, extract::Id(room): extract::Id<RoomId>, request: Request) -> Response {
    signed_in(app, request, async |app, caller| {
        let history = app.chat.history(caller.user.id, room, HistoryRange::Newest, PAGE_DEFAULT).await?;
        Ok(BootPage::Room { room: app.chat.find_room(caller.user.id, room).await?, history })
    })
    .await
}

pub(crate) async fn devices(State(app): Shared, request: Request) -> Response {
    signed_in(app, request, async |app, caller| {
        Ok(BootPage::Devices { sessions: app.auth.list_sessions(caller).await? })
    })
    .await
}

/// Whatever address is left: a page for people, an `ApiError` for programs. Anybody may ask for it as often as they like, so
/// that nothing is looked up or rendered for it.
pub(crate) async fn not_found(State(app): Shared, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return Error::from(chat::Error::NotFound("address")).into_response();
    }
    plain::not_found(&app)
}

/// Who opens a page of their own. Others are led to the sign-in, by way of renewing the session.
pub(crate) struct PageCaller(pub(crate) Caller);

impl FromRequestParts<Arc<App>> for PageCaller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        match caller(app, &parts.headers).await {
            Ok(caller) => Ok(Self(caller)),
            Err(Error::Unauthenticated(_)) => Err(Redirect::to(&renew_path(path)).into_response()),
            Err(error @ Error::Chat(chat::Error::RateLimited { .. })) => Err(plain::refused(app, error)),
            Err(error) => Err(error.into_response()),
        }
    }
}

/// The page of an address that does not exist.
pub(crate) fn nothing_here(app: &App) -> Response {
    plain::not_found(app)
}

/// A page of a signed-in person, with their rooms; others go to the sign-in, by way of renewing the session.
async fn signed_in(
    app: Arc<App>,
    request: Request,
    page: impl AsyncFnOnce(&App, &Caller) -> Result<BootPage, Error>,
) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let caller = match caller(&app, request.headers()).await {
        Ok(caller) => caller,
        Err(Error::Unauthenticated(_)) => return Redirect::to(&renew_path(&path)).into_response(),
        Err(error @ Error::Chat(chat::Error::RateLimited { .. })) => return plain::refused(&app, error),
        Err(error) => return show_error(&app, None, error, request).await,
    };
    let loaded = async {
        let (epoch, blocked) = (app.chat.stored_epoch().await?, app.chat.list_blocks(caller.user.id).await?);
        Ok((page(&app, &caller).await?, app.chat.list_rooms(caller.user.id).await?, epoch, blocked))
    };
    match loaded.await {
        Ok((page, rooms, epoch, blocked)) => {
            let (shared, user) = (caller.shared, Some(caller.user));
            let boot = Boot { user, rooms, epoch: Some(epoch), shared, blocked, ..Boot::new(page) };
            render(&app, boot, StatusCode::OK, request).await
        }
        Err(error) => show_error(&app, Some(caller), error, request).await,
    }
}

async fn show_error(app: &App, caller: Option<Caller>, error: Error, request: Request) -> Response {
    let status = error.status();
    let page = match error {
        Error::Chat(chat::Error::NotFound(_)) => BootPage::NotFound,
        error => BootPage::Error { message: error.into_api().message },
    };
    let rooms = match &caller {
        Some(caller) => app.chat.list_rooms(caller.user.id).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let epoch = app.chat.stored_epoch().await.ok();
    let (shared, user) = (is_shared(caller.as_ref()), caller.map(|caller| caller.user));
    let boot = Boot { user, rooms, epoch, shared, ..Boot::new(page) };
    render(app, boot, status, request).await
}

fn is_shared(caller: Option<&Caller>) -> bool {
    caller.is_some_and(|caller| caller.shared)
}

async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Error> {
    let access = cookies::access(headers).ok_or(Error::Unauthenticated("Sign in first."))?;
    let caller = app.auth.authenticate(access).await?;
    app.budget.read(caller.user.id, Read::Page)?;
    Ok(caller)
}

/// `next` if it is a path of this site, else `/`: a link to the sign-in must not lead elsewhere. Nor may it hold what no
/// header can.
pub(crate) fn local_path(next: &str) -> &str {
    let is_plain = |c: char| !c.is_control() && c != '\\';
    let is_local = next.starts_with('/') && !next.starts_with("//") && next.chars().all(is_plain);
    if is_local { next } else { "/" }
}

/// The sign-in that leads back to `next`.
pub(crate) fn login_path(next: &str) -> String {
    if next == "/" { "/login".to_owned() } else { format!("/login?next={}", query_value(next)) }
}

/// Where a session is renewed that leads back to `next`: the refresh cookie goes nowhere else.
fn renew_path(next: &str) -> String {
    format!("/api/auth/refresh?next={}", query_value(next))
}

pub(crate) fn query_value(text: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        assert_eq!(local_path("/rooms/1?x=2"), "/rooms/1?x=2");
        let foreign =
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "rooms", "/\t/evil.example", "/\u{1}"];
        for foreign in foreign {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
        assert_eq!(login_path("/rooms/1?x=2&y"), "/login?next=/rooms/1%3Fx%3D2%26y");
    }
}
