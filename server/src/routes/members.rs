//! `/api/rooms/{id}/members`: list, add, give roles, remove and leave.

use super::Page;
use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::limits::PAGE_DEFAULT;
use protocol::{AddMember, MemberPage, RoomId, SetRole, UserId};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn list(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Params(page): Params<Page<UserId>>,
) -> Result<Json<MemberPage>, Error> {
    let limit = limit(page.limit, PAGE_DEFAULT)?;
    Ok(Json(app.chat.list_members(&caller.user, room, page.cursor, limit).await?))
}

pub(crate) async fn create(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Body(form): Body<AddMember>,
) -> Result<StatusCode, Error> {
    app.chat.add_member(caller.user.id, room, form.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn update(
    State(app): Shared,
    caller: Caller,
    Id((room, user)): Id<(RoomId, UserId)>,
    Body(form): Body<SetRole>,
) -> Result<StatusCode, Error> {
    app.chat.set_role(caller.user.id, room, user, form.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete(
    State(app): Shared,
    caller: Caller,
    Id((room, user)): Id<(RoomId, UserId)>,
) -> Result<StatusCode, Error> {
    app.chat.remove_member(caller.user.id, room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
