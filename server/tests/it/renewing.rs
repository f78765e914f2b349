//! Renewals whose answers are lost, and what stays in a browser when a session ends. As a browser without JavaScript.

use crate::harness::{Answer, Node, Options, fresh_postgres, plain_client, redis_url, until};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    set.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

async fn ask(node: &Node, method: Method, path: &str, cookies: &str) -> Answer {
    let request = plain_client().request(method, node.url(path)).header("origin", node.url(""));
    Answer::of(request.header("cookie", cookies)).await
}

async fn renew(node: &Node, cookies: &str) -> Answer {
    ask(node, Method::POST, "/api/auth/refresh", cookies).await
}

async fn sign_up(node: &Node) -> String {
    cookies(&node.post("/api/auth/register", json!({"username": "ada", "password": "correct horse"})).await)
}

async fn post_login(node: &Node, fields: &str) -> Answer {
    let request = plain_client().post(node.url("/login")).header("origin", node.url(""));
    Answer::of(request.header("content-type", "application/x-www-form-urlencoded").body(fields.to_owned())).await
}

/// A node on PostgreSQL, and a way to let an hour pass for its sessions.
async fn with_a_clock() -> (Node, PgConnection) {
    let url = fresh_postgres().await;
    let node = Node::start_with(Options::cluster(&url, &redis_url())).await;
    (node, PgConnection::connect(&url).await.unwrap())
}

async fn pass_an_hour(database: &mut PgConnection) {
    let statement = "update sessions set rotated_at = rotated_at - 3600000";
    sqlx::query(statement).execute(database).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_answer_was_lost_is_answered_for_as_long_as_it_takes() {
    let (node, mut database) = with_a_clock().await;
    let first = sign_up(&node).await;
    renew(&node, &first).await;
    pass_an_hour(&mut database).await;
    let again = renew(&node, &first).await;
    assert_eq!(again.status, 200, "the answer was lost, and the device has only the token before");
    let second = cookies(&again);
    pass_an_hour(&mut database).await;
    assert_eq!(renew(&node, &first).await.status, 200, "lost again");
    // From here on the device is known to have the second one.
    assert_eq!(ask(&node, Method::GET, "/api/me", &second).await.status, 200);
    let seen = "select 1 from sessions where seen_generation = 2";
    until("the token to be noted", async || sqlx::query(seen).fetch_optional(&mut database).await.unwrap()).await;
    renew(&node, &first).await.refused(401, "unauthenticated", "ended");
    renew(&node, &second).await.refused(401, "unauthenticated", "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_another_site_ends_no_session() {
    let (node, mut database) = with_a_clock().await;
    let first = sign_up(&node).await;
    let second = cookies(&renew(&node, &first).await);
    let third = cookies(&renew(&node, &second).await);
    pass_an_hour(&mut database).await;
    let answer = ask(&node, Method::GET, "/api/auth/refresh?next=/devices", &first).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/login?next=/devices"));
    assert_eq!(renew(&node, &third).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_renews_a_session_once() {
    let node = Node::start().await;
    let session = sign_up(&node).await;
    let expired = "jackdaw_access=expired";
    let answer = ask(&node, Method::GET, "/login?next=/devices", expired).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/api/auth/refresh?next=/devices"));
    let (_, refresh) = session.split_once("; ").unwrap();
    let renewed = ask(&node, Method::GET, answer.header("location"), refresh).await;
    assert_eq!((renewed.status, renewed.header("location")), (303, "/devices"));
    let nothing = ask(&node, Method::GET, answer.header("location"), expired).await;
    assert_eq!(
        (nothing.header("location"), cookies(&nothing)),
        ("/login?next=/devices", "jackdaw_access=; jackdaw_refresh=".into())
    );
    assert_eq!(ask(&node, Method::GET, "/login", "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_api_is_stored_by_a_cache_and_a_sign_out_empties_it() {
    let node = Node::start().await;
    let session = sign_up(&node).await;
    for path in ["/api/me", "/api/rooms", "/api/nothing"] {
        assert_eq!(ask(&node, Method::GET, path, &session).await.header("cache-control"), "no-store", "{path}");
    }
    let out = ask(&node, Method::POST, "/api/auth/logout/page", &session).await;
    assert_eq!((out.status, out.header("clear-site-data")), (303, "\"cache\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_clears_the_cookies_while_the_database_is_away() {
    let (proxy, options) = Options::behind_a_database().await;
    let node = Node::start_with(options).await;
    let session = sign_up(&node).await;
    proxy.cut();
    let page = ask(&node, Method::POST, "/api/auth/logout/page", &session).await;
    let cleared = "jackdaw_access=; jackdaw_refresh=";
    assert_eq!((page.header("location"), cookies(&page)), ("/login", cleared.into()));
    let api = ask(&node, Method::POST, "/api/auth/logout", "jackdaw_access=expired; jackdaw_refresh=unreadable").await;
    assert_eq!((api.status, cookies(&api)), (204, cleared.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_not_the_persons_own_is_signed_in_until_its_browser_closes() {
    let node = Node::start().await;
    let own = node.post("/api/auth/register", json!({"username": "ada", "password": "correct horse"})).await;
    assert!(own.headers.get_all("set-cookie").iter().all(|cookie| cookie.to_str().unwrap().contains("Max-Age=")));
    let shared = post_login(&node, "username=ada&password=correct+horse&shared=on").await;
    let renewed = renew(&node, &cookies(&shared)).await;
    assert_eq!((shared.status, renewed.status), (303, 200));
    for cookie in shared.headers.get_all("set-cookie").iter().chain(renewed.headers.get_all("set-cookie")) {
        assert!(!cookie.to_str().unwrap().contains("Max-Age"), "{cookie:?}");
    }
    let page = ask(&node, Method::GET, "/", &cookies(&renewed)).await;
    assert!(page.text.contains("\"shared\":true"), "the page knows that it keeps nothing");
    let wrong = post_login(&node, "username=ada&password=wrong&shared=on").await;
    assert!(wrong.text.contains("name=\"shared\" checked"), "the choice is still there after a wrong password");
}
