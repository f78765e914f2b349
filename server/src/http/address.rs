//! The client's address: behind proxies, what the outermost of the operator's own proxies saw (`X-Forwarded-For`).

use super::extract;
use crate::App;
use crate::accept::CountedConnection;
use crate::auth::Signed;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The caller's address.
pub(crate) fn of(app: &App, parts: &Parts) -> IpAddr {
    // Only requests that did not come through the listener have none.
    let peer =
        parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
    forwarded(&parts.headers, app.http.proxy_hops).unwrap_or(peer)
}

/// Whether a request comes from a program on this machine that talks to the node directly. A proxy on the same machine makes the server
/// reachable from outside: nearly every one adds a header, and `PUBLIC_URL` or `PROXY_HOPS` tell of it. One that does neither cannot be
/// told from a local program (docs/operations.md).
pub(crate) fn is_local(app: &App, parts: &Parts) -> bool {
    let is_direct = parts.extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|peer| peer.0.ip().is_loopback());
    is_direct && app.http.proxy_hops == 0 && app.http.public_url.is_none() && names_this_machine(&parts.headers)
}

/// Whether the headers have the name of this machine, and none that a proxy adds.
fn names_this_machine(headers: &HeaderMap) -> bool {
    const BY_PROXIES: [&str; 3] = ["forwarded", "via", "x-real-ip"];
    let is_forwarded = |name: &str| name.starts_with("x-forwarded-") || BY_PROXIES.contains(&name);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let is_loopback = host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    is_loopback && !headers.keys().any(|name| is_forwarded(name.as_str()))
}

/// Middleware: a connection that carried a verified token counts for its person and no longer for its address.
pub(crate) async fn count_for_person(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(connection) =
        parts.extensions.get::<Arc<CountedConnection>>().filter(|connection| connection.is_anonymous())
        && let Some(Signed::Valid(person)) = extract::token(&parts).map(|token| app.auth.signed(token))
    {
        connection.authenticate(person);
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Each proxy adds the address that it saw at the end. Everything before those of one's own proxies is the caller's claim.
fn forwarded(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let addresses: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let place = addresses.len().checked_sub(hops).filter(|_| hops > 0)?;
    addresses.get(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(header: &str, hops: usize) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in header.split(';') {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        forwarded(&headers, hops).map(|address| address.to_string())
    }

    #[test]
    fn a_request_of_this_machine_has_its_name_and_no_header_of_a_proxy() {
        let local = |host: &'static str, more: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(name) = more {
                headers.insert(name, "x".parse().unwrap());
            }
            names_this_machine(&headers)
        };
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:80", "127.8.8.8", "[::1]:3000"] {
            assert!(local(host, None), "{host}");
        }
        for host in ["chat.example.org", "localhost.example.org", "192.168.0.1", "", "127.0.0.1.example.org"] {
            assert!(!local(host, None), "{host}");
        }
        for name in ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "x-real-ip"] {
            assert!(!local("localhost", Some(name)), "{name}");
        }
        assert!(!names_this_machine(&HeaderMap::new()), "without a host nothing is known");
    }

    #[test]
    fn only_what_ones_own_proxies_saw_counts() {
        assert_eq!(from("192.0.2.1", 0), None, "without a proxy it is the caller's claim");
        assert_eq!(from("198.51.100.9, 192.0.2.1", 1).as_deref(), Some("192.0.2.1"));
        assert_eq!(from("198.51.100.9;192.0.2.1,10.0.0.1", 2).as_deref(), Some("192.0.2.1"));
        assert_eq!(from("2001:db8::1", 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(from("192.0.2.1", 2), None, "somebody went round a proxy");
        assert_eq!(from("nonsense", 1), None);
    }
}
