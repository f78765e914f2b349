//! The frame of a document: its head, a title with the way back, and what the last form came to.

use crate::http::headers::DOCUMENT_POLICY;
use crate::{App, Error};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;

/// What the last form came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    None,
    Done(String),
    Failed(StatusCode, String),
}

impl Notice {
    /// What became of a form: a sentence about what was done, or the failure.
    pub(super) fn of(done: Result<impl Into<String>, impl Into<Error>>) -> Self {
        match done {
            Ok(told) => Self::Done(told.into()),
            Err(error) => Self::failed(error.into()),
        }
    }

    /// A failure as the person is told.
    pub(super) fn failed(error: Error) -> Self {
        let status = error.status();
        Self::Failed(status, error.into_api().message)
    }
}

/// A page around a body.
pub(super) struct Document<'a> {
    pub(super) title: &'static str,
    /// Where the arrow leads; empty for none.
    pub(super) back: &'a str,
    /// Other pages beside this one: address and name.
    pub(super) pages: &'a [(&'static str, &'static str)],
    pub(super) notice: Notice,
}

impl Document<'_> {
    /// Renders the document. Never cached: it shows what one person may see.
    pub(super) fn render<V: IntoView + 'static>(self, app: &App, body: impl FnOnce() -> V) -> Response {
        let Self { title, back, pages, notice } = self;
        let (stylesheet, back) = (app.stylesheet.clone(), back.to_owned());
        let status = if let Notice::Failed(status, _) = &notice { *status } else { StatusCode::OK };
        let links: Vec<_> = pages
            .iter()
            .map(|(address, name)| {
                let here = (*name == title).then_some("page");
                view! { <a class="link" href=*address aria-current=here>{*name}</a> }
            })
            .collect();
        let html = Owner::new().with(|| {
            view! {
                <html lang="en">
                    <head>
                        <meta charset="utf-8" />
                        <meta name="viewport" content="width=device-width, initial-scale=1" />
                        <meta name="color-scheme" content="light dark" />
                        <meta name="robots" content="noindex" />
                        <title>{format!("{title} · Jackdaw")}</title>
                        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                        <link rel="apple-touch-icon" href="/icons/180.png" />
                        <link rel="manifest" href="/manifest.webmanifest" />
                        <link rel="stylesheet" href=stylesheet />
                    </head>
                    <body>
                        <header class="bar">
                            {(!back.is_empty())
                                .then(|| view! { <a class="button button-small" href=back>"Back"</a> })}
                            <div class="min-w-0 grow">
                                <h1 class="bar-title">{title}</h1>
                            </div>
                        </header>
                        <main class="pane" id="main">
                            {(!links.is_empty())
                                .then(|| view! { <nav class="document-pages" aria-label="Pages">{links}</nav> })}
                            {match notice {
                                Notice::None => None,
                                Notice::Done(text) => Some(view! { <p class="document-done" role="status">{text}</p> }.into_any()),
                                Notice::Failed(_, text) => Some(view! { <p class="auth-error" role="alert">{text}</p> }.into_any()),
                            }}
                            {body()}
                        </main>
                    </body>
                </html>
            }
            .to_html()
        });
        let headers = [
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCUMENT_POLICY)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, Html(format!("<!DOCTYPE html>{html}"))).into_response()
    }
}
