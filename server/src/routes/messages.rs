//! `/api/messages/room/{id}`: history by cursor, and sending for programs without a socket.

use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::store::HistoryRange;
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::limits::PAGE_DEFAULT;
use protocol::{HistoryPage, MessageAnswer, NewMessage, RoomId, Seq};
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

#[derive(Deserialize)]
pub(crate) struct Page {
    cursor: Option<Seq>,
    after: Option<Seq>,
    around: Option<Seq>,
    limit: Option<i64>,
}

impl Page {
    fn range(&self) -> Result<HistoryRange, Error> {
        match (self.cursor, self.after, self.around) {
            (None, None, None) => Ok(HistoryRange::Newest),
            (Some(seq), None, None) => Ok(HistoryRange::Before(seq)),
            (None, Some(seq), None) => Ok(HistoryRange::After(seq)),
            (None, None, Some(seq)) => Ok(HistoryRange::Around(seq)),
            _ => Err(Error::Invalid("cursor, after, around: use one of them.".into())),
        }
    }
}

pub(crate) async fn list(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Params(page): Params<Page>,
) -> Result<Json<HistoryPage>, Error> {
    let limit = limit(page.limit, PAGE_DEFAULT)?;
    Ok(Json(app.chat.history(caller.user.id, room, page.range()?, limit).await?))
}

pub(crate) async fn create(
    State(app): Shared,
    caller: Caller,
    Id(room): Id<RoomId>,
    Body(new): Body<NewMessage>,
) -> Result<(StatusCode, Json<MessageAnswer>), Error> {
    let (message, is_new) = app.chat.send_and_wait(caller.user.id, room, new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(MessageAnswer { message })))
}
