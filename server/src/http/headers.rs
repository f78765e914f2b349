//! Security headers of every answer, and the content security policy of the pages.

use axum::http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// A browser that came by https comes by nothing else for half a year. Without subdomains: they may belong to others.
const HSTS: &str = "max-age=15552000";

/// Adds the headers of [`ALWAYS`] to answers of `router`; and where browsers come by https, [`HSTS`].
pub(crate) fn secure<S: Clone + Send + Sync + 'static>(router: axum::Router<S>, is_https: bool) -> axum::Router<S> {
    let hsts = is_https.then_some((header::STRICT_TRANSPORT_SECURITY, HSTS));
    ALWAYS.into_iter().chain(hsts).fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

/// The policy of a document without scripts: the site's own stylesheet and icon, and forms to this site.
pub(crate) const DOCUMENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The policy of one page: everything from this site, scripts and styles only with the page's nonce, WASM allowed.
/// In development, `reload_port` is where the reload socket of `cargo leptos watch` listens.
pub(crate) fn content_security_policy(nonce: &str, reload_port: Option<u32>) -> String {
    let reload = reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}
