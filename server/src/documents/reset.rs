//! `/reset/CODE`: a new password by a one-time link.

use super::form::{Field, form};
use super::{Document, Notice};
use crate::auth::code::Code;
use crate::http::address;
use crate::limits::Block;
use crate::pages::{self, read_form};
use crate::{App, Error};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

/// Whether the link works shows when it is used: asking says nothing.
pub(crate) async fn show(State(app): Shared, Path(code): Path<String>, parts: Parts) -> Response {
    // Nothing but a code gets into the address of the form.
    let Some(code) = Code::parse(&code) else { return pages::nothing_here(&app) };
    match app.limits.stranger(address::of(&app, &parts)) {
        Ok(()) => render(&app, &code, Notice::None),
        Err(error) => Error::from(error).into_response(),
    }
}

#[derive(Deserialize)]
struct NewPassword {
    new_password: String,
}

pub(crate) async fn reset(State(app): Shared, Path(code): Path<String>, request: Request) -> Response {
    let Some(code) = Code::parse(&code) else { return pages::nothing_here(&app) };
    let done = async {
        let (parts, NewPassword { new_password }) = read_form(request).await?;
        let address = address::of(&app, &parts);
        app.limits.stranger(address)?;
        protocol::password(&new_password).map_err(|invalid| protocol::Invalid { field: "new_password", ..invalid })?;
        app.auth.reset_password(&code, new_password, Block::largest(address)).await
    };
    match done.await {
        Ok(()) => Redirect::to("/login").into_response(),
        Err(error) => render(&app, &code, Notice::failed(error)),
    }
}

fn render(app: &App, code: &Code, notice: Notice) -> Response {
    let document = Document { title: "A new password", back: "", pages: &[], notice };
    document.render(app, || {
        let field = Field {
            hint: "At least 8 characters. A few words make a good one.",
            ..Field::password("new_password", "New password", "new-password")
        };
        view! {
            <p class="pane-lead">"This link works once. All devices on which you are signed in are signed out."</p>
            {form(format!("/reset/{code}"), vec![field.view().into_any()], "Set the password", false)}
        }
    })
}
