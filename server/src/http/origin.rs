//! Which pages may make requests that change something or open a socket: this site's own, and those of `CORS_ORIGINS`.
//! The latter act by a bearer token only: cookies that a browser adds to their requests are ignored.
//!
//! A browser always says where such a request comes from. One without `Origin` comes from a program, and is
//! let through unless it relies on a cookie.

use super::{cookies, extract};
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Middleware: refuses unsafe requests and sockets of foreign pages, and takes the cookies from requests of other sites.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let (mut parts, body) = request.into_parts();
    if (!is_safe || is_upgrade(&parts))
        && let Err(error) = allow(&app, &parts)
    {
        return error.into_response();
    }
    if origin(&parts).is_some_and(|origin| !is_own(&app, &parts, &origin)) {
        parts.headers.remove(header::COOKIE);
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Whether this asks for a WebSocket.
pub(crate) fn is_upgrade(parts: &Parts) -> bool {
    let names = |header: HeaderName, what: &str| {
        let values = parts.headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(what))
    };
    parts.method == Method::GET && names(header::UPGRADE, "websocket") && names(header::CONNECTION, "upgrade")
}

/// Whether a request may act for its sender.
pub(crate) fn allow(app: &App, parts: &Parts) -> Result<(), Error> {
    const FOREIGN: Error = Error::Chat(chat::Error::Forbidden(
        "This request comes from another site's page (its Origin is not this server's).",
    ));
    let Some(origin) = origin(parts) else {
        let by_cookie = extract::bearer(parts).is_none()
            && (cookies::access(&parts.headers).is_some() || cookies::refresh(&parts.headers).is_some());
        return if by_cookie { Err(FOREIGN) } else { Ok(()) };
    };
    if is_own(app, parts, &origin) || app.http.cors_origins.contains(&origin) { Ok(()) } else { Err(FOREIGN) }
}

/// Where the page is from that makes this request, as its browser says.
fn origin(parts: &Parts) -> Option<String> {
    let origin = parts.headers.get(header::ORIGIN)?;
    Some(origin.to_str().unwrap_or_default().to_ascii_lowercase())
}

fn is_own(app: &App, parts: &Parts, origin: &str) -> bool {
    match &app.http.public_url {
        Some(url) => origin == url,
        None => origin.split_once("://").is_some_and(|(_, host)| Some(host) == host_of(parts).as_deref()),
    }
}

fn host_of(parts: &Parts) -> Option<String> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str)).map(str::to_ascii_lowercase)
}
