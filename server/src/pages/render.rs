//! From a `Boot` to HTML, with the nonce that the page's policy names.

use crate::App;
use crate::http::headers::content_security_policy;
use app::Boot;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use leptos::nonce::use_nonce;
use leptos::prelude::provide_context;
use leptos::prelude::{Env, expect_context};
use leptos_axum::ResponseOptions;

/// Renders the page of this request. Never cached: it shows what one person may see.
pub(super) async fn render(app: &App, boot: Boot, status: StatusCode, request: Request) -> Response {
    let options = app.site.clone();
    let reload_port = matches!(options.env, Env::DEV).then_some(options.reload_port);
    let context = {
        let boot = boot.clone();
        move || {
            provide_context(boot.clone());
            let response = expect_context::<ResponseOptions>();
            let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
            let policy = content_security_policy(&nonce, reload_port);
            response.set_status(status);
            if let Ok(policy) = HeaderValue::try_from(policy) {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
            response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    };
    let view = move || app::shell(options.clone(), boot.clone());
    leptos_axum::render_app_async_with_context(context, view)(request).await
}
