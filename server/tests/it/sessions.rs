//! `/api/auth/refresh`, `/api/auth/logout`, `/api/auth/sessions`, and what becomes of tokens.

use crate::harness::{Answer, Node, Options, Proxy, Ws, fresh_postgres, redis_url};
use protocol::{CloseCode, Session};
use reqwest::Method;
use serde_json::json;

/// A browser as far as its cookies go.
struct Browser {
    access: String,
    refresh: String,
}

impl Browser {
    async fn sign_up(node: &Node, name: &str) -> Self {
        let form = json!({"username": name, "password": "correct horse"});
        Self::of(&node.post("/api/auth/register", form).await)
    }

    /// Keeps the cookies of an answer.
    fn of(answer: &Answer) -> Self {
        let value = |name: &str| {
            let mut cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
            let cookie = cookies.find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('=')).unwrap();
            cookie.split(';').next().unwrap().to_owned()
        };
        Self { access: value("jackdaw_access"), refresh: value("jackdaw_refresh") }
    }

    /// A request as a page of this site makes it.
    async fn ask(&self, node: &Node, method: Method, path: &str) -> Answer {
        self.ask_from(node, method, path, &format!("http://{}", node.address)).await
    }

    async fn ask_from(&self, node: &Node, method: Method, path: &str, origin: &str) -> Answer {
        let cookies = format!("jackdaw_access={}; jackdaw_refresh={}", self.access, self.refresh);
        let request = reqwest::Client::new().request(method, node.url(path)).header("cookie", cookies);
        Answer::of(if origin.is_empty() { request } else { request.header("origin", origin) }).await
    }

    async fn renew(&self, node: &Node) -> Answer {
        self.ask(node, Method::POST, "/api/auth/refresh").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_works_once_and_a_second_use_ends_the_session() {
    let node = Node::start().await;
    let first = Browser::sign_up(&node, "ada").await;
    let second = Browser::of(&first.renew(&node).await);
    assert_ne!(first.refresh, second.refresh);
    // Within a short while the token before is answered too: two tabs renewed at once, or an answer was lost.
    let same = Browser::of(&first.renew(&node).await);
    assert_eq!(second.ask(&node, Method::GET, "/api/me").await.status, 200);
    let third = Browser::of(&same.renew(&node).await);
    let (mut socket, _) = {
        let mut socket = Ws::open(&node, &third.access).await;
        let rooms = socket.hello().await;
        (socket, rooms)
    };
    // Two steps behind is no accident: somebody else holds a copy.
    first.renew(&node).await.refused(401, "unauthenticated", "ended");
    assert_eq!(socket.closed().await, Some(CloseCode::SessionRevoked.code()));
    third.renew(&node).await.refused(401, "unauthenticated", "ended");
    third.ask(&node, Method::GET, "/api/me").await.refused(401, "unauthenticated", "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_and_its_sockets() {
    let node = Node::start().await;
    let browser = Browser::sign_up(&node, "ada").await;
    let mut socket = Ws::open(&node, &browser.access).await;
    socket.hello().await;
    let answer = browser.ask(&node, Method::POST, "/api/auth/logout").await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(socket.closed().await, Some(CloseCode::SessionRevoked.code()));
    browser.ask(&node, Method::GET, "/api/me").await.refused(401, "unauthenticated", "ended");
    browser.renew(&node).await.refused(401, "unauthenticated", "ended");
    assert_eq!(node.post("/api/auth/logout", json!({})).await.status, 204, "without a session it is done already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_revoked_and_its_sockets_close_on_every_node() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let laptop = here.register("ada").await;
    let phone = laptop.sign_in_again(&here).await;
    let bob = here.register("bob").await;
    let (mut phone_there, _) = phone.connect(&there).await;
    let (mut laptop_there, _) = laptop.connect(&there).await;

    let sessions: Vec<Session> = laptop.get(&here, "/api/auth/sessions").await.get("sessions");
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| !session.current).unwrap();
    let path = format!("/api/auth/sessions/{}", other.id);
    bob.delete(&here, &path).await.refused(404, "not_found", "session");
    assert_eq!(laptop.delete(&here, &path).await.status, 204);
    assert_eq!(phone_there.closed().await, Some(CloseCode::SessionRevoked.code()));
    // What that node knew of it a moment ago no longer counts.
    phone.get(&there, "/api/me").await.refused(401, "unauthenticated", "ended");
    assert_eq!(Ws::try_open(&there, &[("authorization", &format!("Bearer {}", phone.token))]).await.err(), Some(401));
    laptop.delete(&here, &path).await.refused(404, "not_found", "session");
    let room = &laptop.rooms(&here).await[0];
    laptop_there.send_message(room.id, "still here").await;
    assert_eq!(laptop_there.next_message().await.body, "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_asked_for_a_moment_ago_is_known_without_the_database() {
    let (proxy, options) = Options::behind_a_database().await;
    let node = Node::start_with(options).await;
    let ada = node.register("ada").await;
    assert_eq!(ada.get(&node, "/api/me").await.status, 200);
    proxy.cut();
    ada.get(&node, "/api/rooms").await.refused(503, "unavailable", "moment");
    assert_eq!(ada.get(&node, "/api/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_account_is_seen_by_other_devices_on_every_node() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let laptop = here.register("ada").await;
    let (phone, last) = (laptop.sign_in_again(&here).await, laptop.sign_in_again(&here).await);
    let (mut last_there, _) = last.connect(&there).await;
    let name = async |node: &Node| phone.get(node, "/api/me").await.json()["user"]["display_name"].clone();
    assert_eq!((name(&here).await, name(&there).await), (json!("Ada"), json!("Ada")));
    laptop.patch(&here, "/api/me", json!({"display_name": "Countess"})).await;
    assert_eq!(name(&here).await, "Countess");
    // Nodes hear these things in order: with this the other one has heard of the name.
    last.post(&here, "/api/auth/logout", json!({})).await;
    last_there.closed().await;
    assert_eq!(name(&there).await, "Countess");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_has_not_heard_of_is_not_undone_by_it() {
    let (url, proxy) = (fresh_postgres().await, Proxy::start(&redis_url(), true).await);
    let here = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let there = Node::start_with(Options::cluster(&url, &proxy.url(&redis_url()))).await;
    let ada = here.register("ada").await;
    proxy.cut();
    assert_eq!(ada.get(&there, "/api/me").await.json()["user"]["display_name"], "Ada");
    ada.patch(&here, "/api/me", json!({"display_name": "Countess"})).await;
    let user = ada.patch(&there, "/api/me", json!({"receipts": false})).await.json()["user"].clone();
    assert_eq!((&user["display_name"], &user["receipts"]), (&json!("Countess"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_expired_tokens_are_refused() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let with = async |token: &str| ada.with_token(token).get(&node, "/api/me").await;
    assert_eq!(with(&ada.token).await.status, 200);

    let mut parts: Vec<_> = ada.token.split('.').map(str::to_owned).collect();
    parts[2] = parts[2].chars().rev().collect();
    let none = "eyJhbGciOiJub25lIn0.".to_owned() + &parts[1] + ".";
    for forged in [parts.join("."), none, "nonsense".into(), String::new()] {
        with(&forged).await.refused(401, "unauthenticated", "Sign in");
    }
    let browser = Browser::sign_up(&node, "bob").await;
    with(&browser.refresh).await.refused(401, "unauthenticated", "Sign in");
    assert_eq!(Ws::try_open(&node, &[("authorization", "Bearer nonsense")]).await.err(), Some(401));
    assert_eq!(Ws::try_open(&node, &[]).await.err(), Some(401));

    // The same secret elsewhere is the same key; another secret is not.
    let other = Node::start_with(Options::default().set("JWT_SECRET", "another secret of 32 characters!")).await;
    ada.get(&other, "/api/me").await.refused(401, "unauthenticated", "Sign in");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_cannot_act() {
    let node = Node::start_with(Options::default().set("CORS_ORIGINS", "https://friend.example.org")).await;
    let browser = Browser::sign_up(&node, "ada").await;
    for origin in ["https://evil.example.org", "null", ""] {
        let answer = browser.ask_from(&node, Method::POST, "/api/auth/refresh", origin).await;
        answer.refused(403, "forbidden", "Origin");
        let cookie = format!("jackdaw_access={}", browser.access);
        let headers = [("cookie", cookie.as_str()), ("origin", origin)];
        let sent = if origin.is_empty() { &headers[..1] } else { &headers[..] };
        assert_eq!(Ws::try_open(&node, sent).await.err(), Some(403), "{origin}");
    }
    let own = format!("http://{}", node.address);
    let cookie = format!("jackdaw_access={}", browser.access);
    let opened = Ws::try_open(&node, &[("cookie", &cookie), ("origin", &own)]).await;
    opened.unwrap().hello().await;
    // A friend acts by a bearer token: cookies that its visitors' browsers add are ignored, as if they were not there.
    let friend = "https://friend.example.org";
    for (method, path) in [(Method::POST, "/api/auth/refresh"), (Method::GET, "/api/me"), (Method::GET, "/api/rooms")] {
        let answer = browser.ask_from(&node, method, path, friend).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, friend), "{path}");
    }
    assert_eq!(Ws::try_open(&node, &[("cookie", &cookie), ("origin", friend)]).await.err(), Some(401));
    let bearer = reqwest::Client::new().get(node.url("/api/me")).header("origin", friend).bearer_auth(&browser.access);
    assert_eq!(Answer::of(bearer).await.status, 200);
    let stranger = browser.ask_from(&node, Method::GET, "/api/me", "https://evil.example.org").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_who_it_is() {
    let node = Node::start().await;
    let id = "0190b3a0-0000-7000-8000-000000000000";
    let room = format!("/api/rooms/{id}");
    for (method, path) in [
        (Method::GET, "/api/me".to_owned()),
        (Method::PATCH, "/api/me".into()),
        (Method::GET, "/api/users".into()),
        (Method::GET, "/api/auth/sessions".into()),
        (Method::DELETE, format!("/api/auth/sessions/{id}")),
        (Method::GET, "/api/rooms".into()),
        (Method::POST, "/api/rooms".into()),
        (Method::GET, "/api/rooms/public".into()),
        (Method::GET, room.clone()),
        (Method::PATCH, room.clone()),
        (Method::DELETE, room.clone()),
        (Method::POST, format!("{room}/join")),
        (Method::GET, format!("{room}/members")),
        (Method::POST, format!("{room}/members")),
        (Method::PATCH, format!("{room}/members/{id}")),
        (Method::DELETE, format!("{room}/members/{id}")),
        (Method::GET, format!("/api/messages/room/{id}")),
        (Method::POST, format!("/api/messages/room/{id}")),
    ] {
        let answer = crate::harness::anonymous(&node, method, &path, Some(json!({}))).await;
        answer.refused(401, "unauthenticated", "Sign in");
    }
}

/// Behind https cookies have names that no other host of the domain can use. Those of an earlier version work until the next renewal.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_behind_https_have_prefixes_and_earlier_ones_still_work() {
    let node = Node::start_with(Options::default().set("PUBLIC_URL", "https://chat.example.org")).await;
    let form = json!({"username": "ada", "password": "correct horse", "code": node.setup_code().await});
    let registered = node.post("/api/auth/register", form).await;
    assert_eq!(registered.header("strict-transport-security"), "max-age=15552000");
    assert_eq!(registered.header("cross-origin-resource-policy"), "same-origin");
    let set = |answer: &Answer| -> Vec<String> {
        answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
    };
    let value = |cookies: &[String], name: &str| {
        let start = format!("{name}=");
        let cookie = cookies.iter().find_map(|cookie| cookie.strip_prefix(&start)).unwrap_or_else(|| panic!("{name}"));
        cookie.split(';').next().unwrap().to_owned()
    };
    let cookies = set(&registered);
    let (access, refresh) = (value(&cookies, "__Host-jackdaw_access"), value(&cookies, "__Secure-jackdaw_refresh"));
    assert!(cookies.iter().all(|cookie| cookie.starts_with("__") && cookie.contains("; Secure")), "{cookies:?}");
    let ask = async |method: Method, path: &str, cookies: String| {
        let request = reqwest::Client::new().request(method, node.url(path)).header("cookie", cookies);
        Answer::of(request.header("origin", "https://chat.example.org")).await
    };
    assert_eq!(ask(Method::GET, "/api/me", format!("__Host-jackdaw_access={access}")).await.status, 200);
    // A browser of before the update.
    let plain = format!("jackdaw_access={access}; jackdaw_refresh={refresh}");
    assert_eq!(ask(Method::GET, "/api/me", plain.clone()).await.status, 200);
    let renewed = set(&ask(Method::POST, "/api/auth/refresh", plain).await);
    assert!(!value(&renewed, "__Secure-jackdaw_refresh").is_empty());
    for name in ["jackdaw_access", "jackdaw_refresh"] {
        assert_eq!(value(&renewed, name), "", "the earlier ones go");
    }
    // What another host of the domain plants does not count beside the real one.
    let planted = format!("jackdaw_access=planted; __Host-jackdaw_access={access}");
    assert_eq!(ask(Method::GET, "/api/me", planted).await.status, 200);
}
