//! `/api/messages/room/{id}`: history by cursor; sending, editing and deleting for programs without a socket.

use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::limits::PAGE_DEFAULT;
use protocol::{ClientId, EditMessage, HistoryPage, MessageAnswer, NewMessage, RoomId, Seq};
use serde::Deserialize;
use std::sync::Arc;
use store::{HistoryRange, Revision};
use uuid::Uuid;

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
            _ => Err(chat::Error::Invalid("cursor, after, around: use one of them.".into()).into()),
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
    app.budget.write(caller.user.id, new.body.len())?;
    let (message, is_new) = app.chat.send_and_wait(caller.user.id, room, new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(MessageAnswer { message })))
}

pub(crate) async fn update(
    State(app): Shared,
    caller: Caller,
    Id((room, seq)): Id<(RoomId, Seq)>,
    Body(edit): Body<EditMessage>,
) -> Result<Json<MessageAnswer>, Error> {
    let client_id = edit.client_id.unwrap_or_else(|| ClientId(Uuid::now_v7()));
    revise(&app, &caller, (room, seq), client_id, Revision::Edit { body: edit.body }).await
}

pub(crate) async fn delete(
    State(app): Shared,
    caller: Caller,
    Id((room, seq)): Id<(RoomId, Seq)>,
) -> Result<Json<MessageAnswer>, Error> {
    revise(&app, &caller, (room, seq), ClientId(Uuid::now_v7()), Revision::Delete).await
}

async fn revise(
    app: &App,
    caller: &Caller,
    (room, seq): (RoomId, Seq),
    client_id: ClientId,
    revision: Revision,
) -> Result<Json<MessageAnswer>, Error> {
    let user = caller.user.id;
    app.budget.write(user, revision.bytes())?;
    let message = match app.chat.revise(user, room, seq, client_id, revision).await? {
        (Some(message), _) => message,
        (None, _) => app.chat.find_message(user, room, seq).await?,
    };
    Ok(Json(MessageAnswer { message }))
}
