//! `/admin`: people, invites, the audit log and the settings of the server. For anybody else there is nothing here.

pub(crate) mod audit;
pub(crate) mod invites;
pub(crate) mod people;
pub(crate) mod reports;
pub(crate) mod settings;

use super::{Document, Notice};
use crate::auth::Caller;
use crate::pages::{self, PageCaller};
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

/// An administrator. Others get 404, as for an address that does not exist.
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.user.is_admin { Ok(Self(caller)) } else { Err(chat::Error::NotFound("address").into()) }
    }
}

/// An administrator who opens a page of the administration. Others get the page of an address that does not exist.
pub(crate) struct PageAdministrator(Caller);

impl FromRequestParts<Arc<App>> for PageAdministrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let PageCaller(caller) = PageCaller::from_request_parts(parts, app).await?;
        if caller.user.is_admin { Ok(Self(caller)) } else { Err(pages::nothing_here(app)) }
    }
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
