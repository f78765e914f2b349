//! The two cookies of a browser's session, and one that says who signed in on it before. None of them can be read by scripts, and
//! none is sent with a request that another site's page makes (other than following a link).

use crate::App;
use crate::auth::{KNOWN_DEVICE, Tokens};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie by its name. Behind https the name has a prefix, with which browsers take it only from this host (`__Host-`, for the whole
/// site) or at least only by https (`__Secure-`), so that neither another host of the domain nor a network without https can plant one.
#[derive(Clone, Copy)]
struct Name {
    plain: &'static str,
    prefixed: &'static str,
}

const ACCESS: Name = Name { plain: "jackdaw_access", prefixed: "__Host-jackdaw_access" };
const REFRESH: Name = Name { plain: "jackdaw_refresh", prefixed: "__Secure-jackdaw_refresh" };
/// The refresh token goes only where it is used.
const REFRESH_PATH: &str = "/api/auth";
/// Survives signing out: it signs nobody in.
const DEVICE: Name = Name { plain: "jackdaw_device", prefixed: "__Secure-jackdaw_device" };
/// Where people sign in: as programs and pages do, and by the form.
const DEVICE_PATHS: [&str; 2] = [REFRESH_PATH, "/login"];

pub(crate) fn access(headers: &HeaderMap) -> Option<&str> {
    ACCESS.find(headers)
}

pub(crate) fn refresh(headers: &HeaderMap) -> Option<&str> {
    REFRESH.find(headers)
}

pub(crate) fn device(headers: &HeaderMap) -> Option<&str> {
    DEVICE.find(headers)
}

impl Name {
    /// The cookie's value. One without the prefix counts where there is none with it: browsers that were signed in by an earlier version
    /// have that until they renew their session.
    fn find(self, headers: &HeaderMap) -> Option<&str> {
        find(headers, self.prefixed).or_else(|| find(headers, self.plain))
    }

    const fn name(self, secure: bool) -> &'static str {
        if secure { self.prefixed } else { self.plain }
    }
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
    let mut headers = HeaderMap::new();
    append(&mut headers, cookie(ACCESS.name(secure), &tokens.access, "/", seconds, secure));
    append(&mut headers, cookie(REFRESH.name(secure), &tokens.refresh, REFRESH_PATH, seconds, secure));
    if secure {
        clear_plain(&mut headers, parts);
    }
    headers
}

/// The same for a device on which somebody has just signed in: `device` is known by it the next time, unless it is not the
/// person's own.
pub(crate) fn set_known(app: &App, parts: &Parts, tokens: &Tokens, device: &str) -> HeaderMap {
    let (mut headers, secure) = (set(app, parts, tokens), is_secure(app, parts));
    for path in DEVICE_PATHS.into_iter().filter(|_| !tokens.shared) {
        append(&mut headers, cookie(DEVICE.name(secure), device, path, Some(KNOWN_DEVICE.as_secs()), secure));
    }
    headers
}

/// Headers that take it away, with what the browser's own cache holds of the person.
pub(crate) fn clear(app: &App, parts: &Parts) -> HeaderMap {
    let secure = is_secure(app, parts);
    let mut headers = HeaderMap::new();
    append(&mut headers, cookie(ACCESS.name(secure), "", "/", Some(0), secure));
    append(&mut headers, cookie(REFRESH.name(secure), "", REFRESH_PATH, Some(0), secure));
    if secure {
        clear_plain(&mut headers, parts);
    }
    // Not "storage": messages that are not sent yet wait there, also other people's.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    headers
}

/// Takes away the cookies of an earlier version, where the browser has some.
fn clear_plain(headers: &mut HeaderMap, parts: &Parts) {
    for (name, path) in [(ACCESS, "/"), (REFRESH, REFRESH_PATH)] {
        if find(&parts.headers, name.plain).is_some() {
            append(headers, cookie(name.plain, "", path, Some(0), true));
        }
    }
}

/// Without `seconds` the cookie ends with the browser.
fn cookie(name: &str, value: &str, path: &str, seconds: Option<u64>, secure: bool) -> String {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}{age}; HttpOnly; SameSite=Lax{secure}")
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
