//! `/api/me/blocks`: the people that a person blocks.

use crate::auth::Caller;
use crate::http::extract::Id;
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::{BlockList, UserId};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn list(State(app): Shared, caller: Caller) -> Result<Json<BlockList>, Error> {
    Ok(Json(BlockList { user_ids: app.chat.list_blocks(caller.user.id).await? }))
}

pub(crate) async fn create(State(app): Shared, caller: Caller, Id(user): Id<UserId>) -> Result<StatusCode, Error> {
    app.chat.block(caller.user.id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete(State(app): Shared, caller: Caller, Id(user): Id<UserId>) -> Result<StatusCode, Error> {
    app.chat.unblock(caller.user.id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
