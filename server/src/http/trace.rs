//! What each request is called in the log: an id, its method and its path, all of them bounded and in one line.

use axum::extract::Request;
use axum::http::HeaderName;
use axum::response::Response;
use std::time::Duration;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an `x-request-id` that is taken over from outside. A longer one is replaced by a fresh id.
pub(crate) const REQUEST_ID_CHARS: usize = 64;
/// Bytes of a path that are logged.
pub(crate) const PATH_BYTES: usize = 200;

/// Paths after which a code follows.
const SECRET_PATHS: [&str; 2] = ["/join/", "/reset/"];

/// Drops an `x-request-id` that is not plain and short, or that comes more than once: the next layer makes a fresh one.
pub(crate) fn check_id(mut request: Request) -> Request {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let is_sane = ids.next().is_some_and(|id| is_plain(id.as_bytes())) && ids.next().is_none();
    if !is_sane {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=REQUEST_ID_CHARS).contains(&id.len()) && id.iter().all(plain)
}

/// The span in which a request is answered.
pub(crate) fn span(request: &Request) -> tracing::Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    // A path has ASCII characters only.
    let path = request.uri().path();
    let path = without_code(path.get(..PATH_BYTES).unwrap_or(path));
    tracing::info_span!("request", id, method = %request.method(), path)
}

/// The path without the code of an invite or a one-time link, which is a secret.
fn without_code(path: &str) -> &str {
    let start = SECRET_PATHS.into_iter().find(|start| path.starts_with(start));
    start.unwrap_or(path)
}

pub(crate) fn log_response(response: &Response, latency: Duration, _span: &tracing::Span) {
    tracing::debug!(status = response.status().as_u16(), millis = latency.as_secs_f64() * 1000.0, "answered");
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn kept(ids: &[&[u8]]) -> bool {
        let mut request = Request::builder();
        for id in ids {
            request = request.header(REQUEST_ID, *id);
        }
        check_id(request.body(Body::empty()).unwrap()).headers().contains_key(REQUEST_ID)
    }

    #[test]
    fn codes_of_links_are_not_logged() {
        assert_eq!(without_code("/reset/0123456789abcdef0123456789abcdef"), "/reset/");
        assert_eq!(without_code("/join/0123456789abcdef0123456789abcdef"), "/join/");
        assert_eq!(without_code("/rooms/1"), "/rooms/1");
    }

    #[test]
    fn an_id_from_outside_is_kept_if_it_is_plain_and_short() {
        assert!(kept(&[b"from-the-proxy_1.2"]));
        assert!(kept(&[&[b'a'; REQUEST_ID_CHARS]]));
        for ids in
            [&[&[b'a'; REQUEST_ID_CHARS + 1][..]][..], &[b""], &[b"a b"], &[b"a\"b"], &[b"\xc3\xa4"], &[b"a", b"b"]]
        {
            assert!(!kept(ids), "{ids:?}");
        }
    }
}
