//! `POST /rooms/ID/messages`: a message that is sent without scripts. The room shows it; a message that was not stored is shown with the
//! reason, to be sent again.

use super::form::form;
use super::{Document, Notice};
use crate::auth::Caller;
use crate::http::extract::Id;
use crate::pages::read_form;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{ClientId, NewMessage, RoomId};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Deserialize)]
struct Written {
    /// Made with the page, so that a form that is posted twice is stored once.
    client_id: ClientId,
    body: String,
}

pub(crate) async fn send(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(room): Id<RoomId>,
    request: Request,
) -> Response {
    let (_, Written { client_id, body }) = match read_form(request).await {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    let sent = async {
        app.budget.write(caller.user.id, body.len())?;
        let new = NewMessage { client_id, body: body.clone(), reply_to: None };
        Ok::<_, Error>(app.chat.send_and_wait(caller.user.id, room, new).await?)
    };
    match sent.await {
        Ok(_) => Redirect::to(&format!("/rooms/{room}")).into_response(),
        Err(error) => {
            // A refusal is final, and a later attempt another message. Without an answer of the database it may be stored: the same message.
            let is_final = error.status().is_client_error() && error.status() != StatusCode::TOO_MANY_REQUESTS;
            let client_id = if is_final { ClientId(Uuid::now_v7()) } else { client_id };
            not_sent(&app, room, client_id, &body, Notice::failed(error))
        }
    }
}

fn not_sent(app: &App, room: RoomId, client_id: ClientId, body: &str, notice: Notice) -> Response {
    let back = format!("/rooms/{room}");
    // Leptos does not escape what a textarea contains. The parser drops a first line break.
    let text = format!("\n{}", body.replace('&', "&amp;").replace('<', "&lt;"));
    Document { title: "Not sent", back: &back, pages: &[], notice }.render(app, || {
        let fields = vec![
            view! { <input type="hidden" name="client_id" value=client_id.to_string() autocomplete="off" /> }
                .into_any(),
            view! {
                <div class="field">
                    <label for="body">"Your message"</label>
                    <textarea id="body" name="body" class="input" rows="8" required=true inner_html=text></textarea>
                </div>
            }
            .into_any(),
        ];
        form(format!("/rooms/{room}/messages"), fields, "Send again", false)
    })
}
