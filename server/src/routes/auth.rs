//! `/api/auth`: register, sign in, renew, sign out, devices.

use crate::auth::{Caller, Reuse, Tokens};
use crate::http::extract::{Body, Id, Params};
use crate::http::sign_in::{sign_in, sign_up};
use crate::http::{account, address, cookies};
use crate::pages::Next;
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{AuthAnswer, Login, Register, SessionId, SessionList, User};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn register(State(app): Shared, parts: Parts, Body(form): Body<Register>) -> Result<Response, Error> {
    let done = sign_up(&app, &parts, form, false).await?;
    let cookies = done.cookies(&app, &parts);
    Ok(signed_in(&app, cookies, StatusCode::CREATED, done.user, done.tokens))
}

pub(crate) async fn login(State(app): Shared, parts: Parts, Body(form): Body<Login>) -> Result<Response, Error> {
    let done = sign_in(&app, &parts, form, false).await?;
    let cookies = done.cookies(&app, &parts);
    Ok(signed_in(&app, cookies, StatusCode::OK, done.user, done.tokens))
}

pub(crate) async fn refresh(State(app): Shared, parts: Parts) -> Result<Response, Error> {
    let token = cookies::refresh(&parts.headers).ok_or(Error::Unauthenticated("Sign in first."))?;
    may_renew(&app, &parts, Some(token))?;
    let (user, tokens) = app.auth.refresh(token, Reuse::Ends).await?;
    Ok(signed_in(&app, cookies::set(&app, &parts, &tokens), StatusCode::OK, user, tokens))
}

/// Renewals are limited by session. Without a token that was signed here the address is what there is.
fn may_renew(app: &App, parts: &Parts, token: Option<&str>) -> Result<(), chat::Error> {
    match token.and_then(|token| app.auth.renewed_session(token)) {
        Some(session) => app.limits.renewal(session),
        None => app.limits.stranger(address::of(app, parts)),
    }
}

/// The same for a browser that opens a page with an expired access token: renews, and goes on to the page; to the sign-in,
/// without cookies, where there is nothing to renew. Other sites can lead a browser here, so it never ends a session.
pub(crate) async fn refresh_page(
    State(app): Shared,
    parts: Parts,
    Params(Next { next }): Params<Next>,
) -> Result<Response, Error> {
    let next = crate::pages::local_path(&next);
    let token = cookies::refresh(&parts.headers);
    may_renew(&app, &parts, token)?;
    let renewed = match token {
        Some(token) => app.auth.refresh(token, Reuse::IsRefused).await,
        None => Err(Error::Unauthenticated("Sign in first.")),
    };
    match renewed {
        Ok((_, tokens)) => Ok((cookies::set(&app, &parts, &tokens), Redirect::to(next)).into_response()),
        Err(Error::Unauthenticated(_)) => {
            Ok((cookies::clear(&app, &parts), Redirect::to(&crate::pages::login_path(next))).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Signs out. The cookies go in any case: where the database is away, the answer says that the session itself has not
/// ended yet, and no device holds its tokens any more.
pub(crate) async fn logout(State(app): Shared, parts: Parts) -> Response {
    let ended = end_own_session(&app, &parts).await;
    (cookies::clear(&app, &parts), ended.map(|()| StatusCode::NO_CONTENT)).into_response()
}

/// The same as a form of the page, which goes to the sign-in afterwards.
pub(crate) async fn logout_page(State(app): Shared, parts: Parts) -> Response {
    if let Err(error) = end_own_session(&app, &parts).await {
        tracing::warn!(?error, "a session was not ended at a sign-out; its cookies are cleared");
    }
    (cookies::clear(&app, &parts), Redirect::to("/login")).into_response()
}

pub(crate) async fn list_sessions(State(app): Shared, caller: Caller) -> Result<Json<SessionList>, Error> {
    Ok(Json(SessionList { sessions: app.auth.list_sessions(&caller).await? }))
}

/// Ends all sessions of the caller but the one that asks.
pub(crate) async fn delete_other_sessions(State(app): Shared, caller: Caller) -> Result<StatusCode, Error> {
    account::sign_out_others(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete_session(
    State(app): Shared,
    caller: Caller,
    Id(session): Id<SessionId>,
) -> Result<StatusCode, Error> {
    app.auth.end_session(caller.user.id, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn signed_in(app: &App, cookies: HeaderMap, status: StatusCode, user: User, tokens: Tokens) -> Response {
    let answer = AuthAnswer { user, access_token: tokens.access, expires_in: app.auth.access_seconds() };
    (status, cookies, Json(answer)).into_response()
}

/// Ends the session of whichever token came along; one that has ended already is no error.
async fn end_own_session(app: &App, parts: &Parts) -> Result<(), Error> {
    let access = crate::http::extract::bearer(parts).or_else(|| cookies::access(&parts.headers));
    let caller = match access {
        Some(token) => app.auth.authenticate(token).await.ok(),
        None => None,
    };
    let session = match (caller, cookies::refresh(&parts.headers)) {
        (Some(caller), _) => Some((caller.user.id, caller.session)),
        (None, Some(token)) => app.auth.session_of(token).await?,
        (None, None) => None,
    };
    match session {
        Some((user, session)) => match app.auth.end_session(user, session).await {
            Ok(()) | Err(Error::Chat(chat::Error::NotFound(_))) => Ok(()),
            Err(error) => Err(error),
        },
        None => Ok(()),
    }
}
