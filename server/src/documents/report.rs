//! `/rooms/ID/messages/SEQ/report`: a message is reported to the administrators of the server.

use super::form::{Field, form};
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Id;
use crate::pages::{self, PageCaller, read_form};
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::response::Response;
use leptos::prelude::*;
use protocol::limits::REASON_CHARS;
use protocol::{Message, RoomId, Seq};
use serde::Deserialize;
use std::sync::Arc;
use store::HistoryRange;

type Shared = State<Arc<App>>;

pub(crate) async fn show(
    State(app): Shared,
    Id((room, seq)): Id<(RoomId, Seq)>,
    PageCaller(caller): PageCaller,
) -> Response {
    render(&app, &caller, room, seq, Notice::None).await
}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

pub(crate) async fn report(
    State(app): Shared,
    caller: Caller,
    Id((room, seq)): Id<(RoomId, Seq)>,
    request: Request,
) -> Response {
    let reported = async {
        let (_, Reason { reason }) = read_form(request).await?;
        // As over the API.
        app.budget.write(caller.user.id, reason.len())?;
        app.chat.report(caller.user.id, room, seq, &reason).await?;
        Ok::<_, Error>("The administrators have your report, with the message as it is now.")
    };
    let notice = Notice::of(reported.await);
    render(&app, &caller, room, seq, notice).await
}

async fn render(app: &App, caller: &Caller, room: RoomId, seq: Seq, notice: Notice) -> Response {
    let found = app.chat.history(caller.user.id, room, HistoryRange::Around(seq), 2).await;
    let message = found.ok().and_then(|page| page.messages.into_iter().find(|message| message.seq == seq));
    let Some(Message { sender_name, body, .. }) = message else { return pages::nothing_here(app) };
    let back = format!("/rooms/{room}");
    let document = Document { title: "Report a message", back: &back, pages: &[], notice };
    document.render(app, || {
        let field = Field {
            hint: "The administrators of this server read it. Others in the room do not learn of it.",
            ..Field::text("reason", "What is wrong with it?", REASON_CHARS)
        };
        view! {
            <p class="pane-lead">{format!("From {sender_name}:")}</p>
            <blockquote class="document-done">{body}</blockquote>
            {form(format!("/rooms/{room}/messages/{seq}/report"), vec![field.view().into_any()], "Report", true)}
        }
    })
}
