//! `/api/rooms/{id}/bans`: list, ban and lift.

use super::Page;
use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::limits::PAGE_DEFAULT;
use protocol::{BanPage, CreateBan, RoomId, UserId};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn list(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Params(page): Params<Page<UserId>>,
) -> Result<Json<BanPage>, Error> {
    let limit = limit(page.limit, PAGE_DEFAULT)?;
    Ok(Json(app.chat.list_bans(caller.user.id, room, page.cursor, limit).await?))
}

pub(crate) async fn create(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Body(form): Body<CreateBan>,
) -> Result<StatusCode, Error> {
    app.chat.ban(caller.user.id, room, form.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete(
    State(app): Shared,
    caller: Caller,
    Id((room, user)): Id<(RoomId, UserId)>,
) -> Result<StatusCode, Error> {
    app.chat.lift_ban(caller.user.id, room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
