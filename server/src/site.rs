//! The page's files: where they are, what they are called, how long they may be kept.

use crate::config::Site;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::prelude::LeptosOptions;
use std::path::Path;
use std::sync::Arc;
use tower_http::services::ServeDir;

/// What cargo-leptos calls the files, as in the workspace's manifest.
const OUTPUT_NAME: &str = "jackdaw";
const PKG_DIR: &str = "pkg";
/// Written beside the program where the names of the files carry a hash of their content.
const HASH_FILE: &str = "hash.txt";

/// Names and places for the page's `<head>`.
///
/// # Errors
/// Says which folder is missing and what to do.
pub(crate) fn options(site: &Site) -> Result<LeptosOptions, String> {
    if !site.root.join(PKG_DIR).is_dir() {
        return Err(format!(
            "the page's files are not in {}: build them with `make build`, put the folder `site` beside the program, or set LEPTOS_SITE_ROOT",
            site.root.display()
        ));
    }
    let options = LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(site.root.to_string_lossy().into_owned())
        .site_pkg_dir(PKG_DIR)
        .hash_file(Arc::from(HASH_FILE))
        .hash_files(has_hashes());
    Ok(match site.reload_port {
        Some(port) => options.reload_port(port).env(leptos::prelude::Env::DEV).build(),
        None => options.env(leptos::prelude::Env::PROD).build(),
    })
}

fn has_hashes() -> bool {
    std::env::current_exe().is_ok_and(|program| program.with_file_name(HASH_FILE).is_file())
}

/// The address of the stylesheet, for pages that the app does not render.
pub(crate) fn stylesheet(options: &LeptosOptions) -> String {
    let hashes = std::env::current_exe().and_then(|program| std::fs::read_to_string(program.with_file_name(HASH_FILE)));
    let hashes = hashes.ok().filter(|_| options.hash_files).unwrap_or_default();
    let hash = hashes.lines().find_map(|line| line.trim().strip_prefix("css:"));
    let hash = hash.map(|hash| format!(".{}", hash.trim())).unwrap_or_default();
    format!("/{PKG_DIR}/{OUTPUT_NAME}{hash}.css")
}

/// Serves the folder, with the compressed twins that the build put beside the files.
pub(crate) fn files(root: &str) -> ServeDir {
    ServeDir::new(Path::new(root)).precompressed_br().precompressed_gzip().append_index_html_on_directories(false)
}

/// Middleware: a file whose name carries its hash never changes; any other is asked for again each time. Answers of the API
/// are for one person: no cache stores them.
pub(crate) async fn cache_control(request: Request, next: Next) -> Response {
    const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
    const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
    const NEVER: HeaderValue = HeaderValue::from_static("no-store");
    let (hashed, is_api) = (is_hashed(request.uri().path()), request.uri().path().starts_with("/api/"));
    let mut response = next.run(request).await;
    if is_api {
        response.headers_mut().insert(header::CACHE_CONTROL, NEVER);
    }
    if response.status().is_success() {
        let value = if hashed { FOREVER } else { ASK_AGAIN };
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(value);
    }
    response
}

/// `/pkg/name.HASH.ext`
fn is_hashed(path: &str) -> bool {
    path.strip_prefix("/pkg/").is_some_and(|name| name.split('.').filter(|part| !part.is_empty()).count() >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("/pkg/jackdaw.Xy12_-ab.wasm"));
        assert!(!is_hashed("/pkg/jackdaw.wasm"));
        assert!(!is_hashed("/favicon.svg"));
    }
}
