//! `/api/messages/room/{id}/{seq}/report` for everybody, `/api/reports` for administrators.

use super::Page;
use crate::auth::Caller;
use crate::http::extract::{Body, Id, Params, limit};
use crate::{App, Error};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::limits::PAGE_DEFAULT;
use protocol::{CreateReport, ReportAnswer, ReportId, ReportPage, RoomId, Seq};
use std::sync::Arc;

type Shared = State<Arc<App>>;

pub(crate) async fn create(
    State(app): Shared,
    caller: Caller,
    Id((room, seq)): Id<(RoomId, Seq)>,
    Body(form): Body<CreateReport>,
) -> Result<Json<ReportAnswer>, Error> {
    app.budget.write(caller.user.id, form.reason.len())?;
    Ok(Json(ReportAnswer { id: app.chat.report(caller.user.id, room, seq, &form.reason).await? }))
}

pub(crate) async fn list(
    State(app): Shared,
    caller: Caller,
    Params(page): Params<Page<ReportId>>,
) -> Result<Json<ReportPage>, Error> {
    Ok(Json(app.chat.list_reports(&caller.user, page.cursor, limit(page.limit, PAGE_DEFAULT)?).await?))
}

pub(crate) async fn close(State(app): Shared, caller: Caller, Id(report): Id<ReportId>) -> Result<StatusCode, Error> {
    app.chat.close_report(caller.user.id, report).await?;
    Ok(StatusCode::NO_CONTENT)
}
