//! Pages that cost nothing: a few fixed sentences without scripts, for answers that anybody can cause again and again.

use crate::{App, Error};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// Nothing but the site's own stylesheet and icon.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// There is nothing at this address.
pub(super) fn not_found(app: &App) -> Response {
    page(app, StatusCode::NOT_FOUND, "Nothing here", "This page does not exist.")
}

/// A page that is asked for too often.
pub(super) fn refused(app: &App, error: Error) -> Response {
    let (status, retry_after) = (error.status(), error.retry_after());
    let mut response = page(app, status, "Too many requests", &error.into_api().message);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// `problem` is a sentence of ours, without markup.
fn page(app: &App, status: StatusCode, title: &str, problem: &str) -> Response {
    let html = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Jackdaw</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{}">
</head>
<body>
<main class="auth" id="main"><div class="empty">
<h1 class="empty-title">{title}</h1>
<p>{problem}</p>
<a class="button button-primary" href="/">Go to your rooms</a>
</div></main>
</body>
</html>
"#,
        app.stylesheet
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Html(html)).into_response()
}
