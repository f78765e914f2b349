//! `/admin`: people, invites, the audit log and the settings of the server. For anybody else there is nothing here.

pub(crate) mod audit;
pub(crate) mod invites;
pub(crate) mod people;
pub(crate) mod reports;
pub(crate) mod settings;

use super::{Document, Notice};
use crate::auth::Caller;
use crate::pages;
use crate::{App, Error};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The pages of the administration.
const PAGES: [(&str, &str); 5] = [
    ("/admin", "People"),
    ("/admin/reports", "Reports"),
    ("/admin/invites", "Invites"),
    ("/admin/settings", "Settings"),
    ("/admin/audit", "Audit log"),
];

/// A page of the administration.
const fn document(title: &'static str, notice: Notice) -> Document<'static> {
    Document { title, back: "/account", pages: &PAGES, notice }
}

/// Somebody who administers the server. Others get 404, as for an address that does not exist.
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        of(Caller::from_request_parts(parts, app).await?)
    }
}

fn of(caller: Caller) -> Result<Administrator, Error> {
    if caller.user.is_admin { Ok(Administrator(caller)) } else { Err(chat::Error::NotFound("address").into()) }
}

/// Who opens a page of the administration; or the answer that others get.
async fn administrator(app: &App, parts: &Parts) -> Result<Administrator, Response> {
    of(pages::signed_in_or_renew(app, parts).await?).map_err(|_| pages::nothing_here(app))
}

/// The base of links that are handed out: as configured, or as the administrator's browser came.
fn base_url(app: &App, parts: &Parts) -> String {
    let host = || {
        let host = parts.headers.get(axum::http::header::HOST)?.to_str().ok()?;
        let is_secure = crate::http::cookies::is_secure(app, parts);
        Some(format!("{}://{host}", if is_secure { "https" } else { "http" }))
    };
    app.http.public_url.clone().or_else(host).unwrap_or_default()
}

/// What went wrong, as a page.
fn failed(app: &App, error: Error) -> Response {
    document("Administration", Notice::failed(error)).render(app, || ()).into_response()
}
