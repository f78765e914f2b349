//! `/api/rooms`: list, make, show, rename, delete, join.

use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::{CreateRoom, PublicRooms, RoomAnswer, RoomId, Rooms, UpdateRoom};
use serde::Deserialize;
use std::sync::Arc;
use store::bounds::PUBLIC_ROOMS;

type Shared = State<Arc<App>>;

pub(crate) async fn list(State(app): Shared, caller: Caller) -> Result<Json<Rooms>, Error> {
    Ok(Json(Rooms { rooms: app.chat.list_rooms(caller.user.id).await? }))
}

#[derive(Deserialize)]
pub(crate) struct Find {
    #[serde(default)]
    query: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

pub(crate) async fn list_public(
    State(app): Shared,
    caller: Caller,
    Params(find): Params<Find>,
) -> Result<Json<PublicRooms>, Error> {
    let limit = find.limit.map_or(Ok(PUBLIC_ROOMS), |asked| limit(Some(asked), asked))?;
    let rooms = app.chat.list_public_rooms(caller.user.id, &find.query, find.cursor.as_deref(), limit).await?;
    Ok(Json(rooms))
}

pub(crate) async fn create(
    State(app): Shared,
    caller: Caller,
    Body(form): Body<CreateRoom>,
) -> Result<(StatusCode, Json<RoomAnswer>), Error> {
    let (room, is_new) = app.chat.create_room(caller.user.id, form).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(RoomAnswer { room })))
}

pub(crate) async fn show(State(app): Shared, caller: Caller, Id(room): Id<RoomId>) -> Result<Json<RoomAnswer>, Error> {
    Ok(Json(RoomAnswer { room: app.chat.find_room(caller.user.id, room).await? }))
}

pub(crate) async fn update(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Body(form): Body<UpdateRoom>,
) -> Result<Json<RoomAnswer>, Error> {
    Ok(Json(RoomAnswer { room: app.chat.update_room(caller.user.id, room, form).await? }))
}

pub(crate) async fn delete(State(app): Shared, caller: Caller, Id(room): Id<RoomId>) -> Result<StatusCode, Error> {
    app.chat.delete_room(caller.user.id, room).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn join(State(app): Shared, caller: Caller, Id(room): Id<RoomId>) -> Result<Json<RoomAnswer>, Error> {
    Ok(Json(RoomAnswer { room: app.chat.join_room(caller.user.id, room).await? }))
}
