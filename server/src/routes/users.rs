//! `/api/me`, `/api/users`: oneself and others.

use crate::auth::Caller;
use crate::http::extract::{Body, Params, limit};
use crate::http::{account, cookies};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use protocol::{ChangePassword, DeleteMe, UpdateMe, UserAnswer, UserList};
use serde::Deserialize;
use std::sync::Arc;

/// Rows where no limit is asked for.
pub(crate) const USERS: i64 = 20;

#[derive(Deserialize)]
pub(crate) struct Find {
    #[serde(default)]
    query: String,
    limit: Option<i64>,
}

pub(crate) async fn show_me(caller: Caller) -> Json<UserAnswer> {
    Json(UserAnswer { user: caller.user })
}

pub(crate) async fn update_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(form): Body<UpdateMe>,
) -> Result<Json<UserAnswer>, Error> {
    Ok(Json(UserAnswer { user: account::update(&app, &caller, form).await? }))
}

pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    parts: Parts,
    Body(form): Body<ChangePassword>,
) -> Result<StatusCode, Error> {
    account::change_password(&app, &parts, &caller, form.current_password, form.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The account is deleted; the cookies of this browser go with it.
pub(crate) async fn delete_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    parts: Parts,
    Body(form): Body<DeleteMe>,
) -> Result<Response, Error> {
    account::delete_account(&app, &parts, &caller, form.password, form.messages).await?;
    Ok((cookies::clear(&app, &parts), StatusCode::NO_CONTENT).into_response())
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(find): Params<Find>,
) -> Result<Json<UserList>, Error> {
    let users = app.chat.list_users(caller.user.id, &find.query, limit(find.limit, USERS)?).await?;
    Ok(Json(UserList { users }))
}
