//! The two cookies of a browser's session, and one that says who signed in on it before. None of them can be read by scripts, and none goes along with a request
//! that another site's page makes (other than following a link).

use crate::App;
use crate::auth::{KNOWN_DEVICE, Tokens};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

const ACCESS: &str = "jackdaw_access";
const REFRESH: &str = "jackdaw_refresh";
/// The refresh token goes only where it is used.
const REFRESH_PATH: &str = "/api/auth";
/// Survives signing out: it signs nobody in.
const DEVICE: &str = "jackdaw_device";
/// Where people sign in: as programs and pages do, and by the form.
const DEVICE_PATHS: [&str; 2] = [REFRESH_PATH, "/login"];

pub(crate) fn access(headers: &HeaderMap) -> Option<&str> {
    find(headers, ACCESS)
}

pub(crate) fn refresh(headers: &HeaderMap) -> Option<&str> {
    find(headers, REFRESH)
}

pub(crate) fn device(headers: &HeaderMap) -> Option<&str> {
    find(headers, DEVICE)
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

/// Headers that give a browser its session. The access cookie outlives its token: a page that comes with an expired one is
/// known to have a session to renew. On a device that is not the person's own both end with the browser.
pub(crate) fn set(app: &App, parts: &Parts, tokens: &Tokens) -> HeaderMap {
    let secure = is_secure(app, parts);
    let seconds = (!tokens.shared).then(|| app.auth.session_seconds());
    both(
        cookie(ACCESS, &tokens.access, "/", seconds, secure),
        cookie(REFRESH, &tokens.refresh, REFRESH_PATH, seconds, secure),
    )
}

/// The same for a device on which somebody has just signed in: `device` is known by it the next time, unless it is not the
/// person's own.
pub(crate) fn set_known(app: &App, parts: &Parts, tokens: &Tokens, device: &str) -> HeaderMap {
    let (mut headers, secure) = (set(app, parts, tokens), is_secure(app, parts));
    for path in DEVICE_PATHS.into_iter().filter(|_| !tokens.shared) {
        append(&mut headers, cookie(DEVICE, device, path, Some(KNOWN_DEVICE.as_secs()), secure));
    }
    headers
}

/// Headers that take it away, with what the browser's own cache holds of the person.
pub(crate) fn clear(app: &App, parts: &Parts) -> HeaderMap {
    let secure = is_secure(app, parts);
    let mut headers =
        both(cookie(ACCESS, "", "/", Some(0), secure), cookie(REFRESH, "", REFRESH_PATH, Some(0), secure));
    // Not "storage": messages that are not sent yet wait there, also other people's.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    headers
}

/// Without `seconds` the cookie ends with the browser.
fn cookie(name: &str, value: &str, path: &str, seconds: Option<u64>, secure: bool) -> String {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}{age}; HttpOnly; SameSite=Lax{secure}")
}

fn both(first: String, second: String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    append(&mut headers, first);
    append(&mut headers, second);
    headers
}

fn append(headers: &mut HeaderMap, cookie: String) {
    let value = HeaderValue::try_from(cookie).expect("tokens are base64url with dots, the rest is fixed text");
    headers.append(header::SET_COOKIE, value);
}

/// Whether the browser came by https, as configured or as the proxy in front says.
pub(crate) fn is_secure(app: &App, parts: &Parts) -> bool {
    let configured = app.http.public_url.as_ref().map(|url| url.starts_with("https://"));
    configured.unwrap_or_else(|| parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https"))
}
