//! The web app manifest (W3C Application Manifest): what a device installs. Its name is the server's.

use crate::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde_json::{Value, json};
use std::sync::Arc;

const CONTENT_TYPE: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/manifest+json")];

/// The colours of the page's frame, as `style/tokens.css` has them for the light scheme.
const PAPER: &str = "#f4f1ea";

pub(crate) async fn show(State(app): State<Arc<App>>) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    let name = app.auth.settings().await.map(|settings| settings.name.clone()).unwrap_or_default();
    let name = if name.is_empty() { "Jackdaw".to_owned() } else { name };
    (CONTENT_TYPE, Json(manifest(&name)))
}

fn manifest(name: &str) -> Value {
    let icon = |size: u32, purpose: &str| {
        let prefix = if purpose == "maskable" { "maskable-" } else { "" };
        json!({"src": format!("/icons/{prefix}{size}.png"), "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": purpose})
    };
    json!({
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "name": name,
        "short_name": name.chars().take(12).collect::<String>(),
        "description": "A self-hosted real-time chat.",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "categories": ["communication", "social"],
        "icons": [
            {"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            icon(192, "any"),
            icon(512, "any"),
            icon(192, "maskable"),
            icon(512, "maskable"),
        ],
        "shortcuts": [
            {"name": "New chat", "url": "/rooms/new", "icons": [icon(192, "any")]},
            {"name": "Public rooms", "url": "/rooms/public", "icons": [icon(192, "any")]},
        ],
    })
}
