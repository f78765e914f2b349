//! Which pages may make requests that change something or open a socket: this site's own, and those of `CORS_ORIGINS`.
//!
//! A browser always says where such a request comes from. One without `Origin` comes from a program, and is
//! let through unless it relies on a cookie.

use super::{cookies, extract};
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::http::{Method, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Middleware: refuses unsafe requests from foreign pages.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match allow(&app, &parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

/// Whether a request may act for its sender.
pub(crate) fn allow(app: &App, parts: &Parts) -> Result<(), Error> {
    const FOREIGN: Error =
        Error::Forbidden("This request comes from another site's page (its Origin is not this server's).");
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        let by_cookie = extract::bearer(parts).is_none()
            && (cookies::access(&parts.headers).is_some() || cookies::refresh(&parts.headers).is_some());
        return if by_cookie { Err(FOREIGN) } else { Ok(()) };
    };
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let own = match &app.http.public_url {
        Some(url) => origin == *url,
        None => origin.split_once("://").is_some_and(|(_, host)| Some(host) == host_of(parts).as_deref()),
    };
    if own || app.http.cors_origins.contains(&origin) { Ok(()) } else { Err(FOREIGN) }
}

fn host_of(parts: &Parts) -> Option<String> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str)).map(str::to_ascii_lowercase)
}
