//! `/api/settings`: settings of the server.

use crate::auth::Caller;
use crate::http::extract::Body;
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use protocol::ServerSettings;
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn show(State(app): Shared, _: Caller) -> Result<Json<ServerSettings>, Error> {
    Ok(Json(app.chat.settings().await?))
}

pub(crate) async fn update(
    State(app): Shared,
    caller: Caller,
    Body(settings): Body<ServerSettings>,
) -> Result<Json<ServerSettings>, Error> {
    app.chat.update_settings(caller.user.id, settings).await?;
    Ok(Json(settings))
}
