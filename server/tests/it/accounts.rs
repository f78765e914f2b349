//! `/api/auth/register`, `/api/auth/login`, `/api/me`, `/api/users`.

use crate::harness::{Node, Options};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_and_is_the_administrator() {
    let node = Node::start().await;
    let form = json!({"username": " Ada.L ", "password": "correct horse", "display_name": " Ada Lovelace "});
    let answer = node.post("/api/auth/register", form).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let user = &answer.json()["user"];
    assert_eq!(user["username"], "ada.l");
    assert_eq!(user["display_name"], "Ada Lovelace");
    assert_eq!(user["is_admin"], true);
    assert_eq!(answer.json()["expires_in"], 900);
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 4, "two of them say that the device is known");
    for (cookie, start, path) in
        [(cookies[0], "jackdaw_access=", "Path=/;"), (cookies[1], "jackdaw_refresh=", "Path=/api/auth;")]
    {
        assert!(cookie.starts_with(start), "{cookie}");
        for part in [path, "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "this came by http: {cookie}");
    }
    let bob = node.register("bob").await;
    let me: Value = bob.get(&node, "/api/me").await.get("user");
    assert_eq!((&me["display_name"], &me["is_admin"]), (&json!("Bob"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_secure_behind_https() {
    let node = Node::start_with(Options::default().set("PUBLIC_URL", "https://chat.example.org")).await;
    let form = json!({"username": "ada", "password": "correct horse", "code": node.setup_code().await});
    let answer = node.post("/api/auth/register", form).await;
    assert!(answer.header("set-cookie").contains("; Secure"), "{:?}", answer.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_registration_is_named() {
    let node = Node::start().await;
    let long = |count| "x".repeat(count);
    let try_with = async |username: &str, password: &str, display_name: &str| {
        let form = json!({"username": username, "password": password, "display_name": display_name});
        node.post("/api/auth/register", form).await
    };
    for name in ["ab", &long(33), "1ada", "ada lovelace", "adä"] {
        try_with(name, "correct horse", "Ada").await.refused(400, "invalid", "username");
    }
    for password in ["1234567", &long(257)] {
        try_with("ada", password, "Ada").await.refused(400, "invalid", "password");
    }
    for display_name in [&long(65), "a\u{7}b"] {
        try_with("ada", "correct horse", display_name).await.refused(400, "invalid", "display_name");
    }
    try_with("ada", "correct horse", "A\u{200b}da").await.refused(400, "invalid", "display_name: must not contain");
    node.post("/api/auth/register", json!({"username": "ada"})).await.refused(400, "invalid", "password");
    node.post("/api/auth/register", json!([1])).await.refused(400, "invalid", "");
    assert_eq!(try_with("ada", "correct horse", "Ada").await.status, 201, "nothing of the above was stored");
    try_with("ADA", "correct horse", "Ada").await.refused(409, "conflict", "taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_small() {
    let node = Node::start().await;
    let send = async |content_type: &str, body: String| {
        let request = reqwest::Client::new().post(node.url("/api/auth/login"));
        crate::harness::Answer::of(request.header("content-type", content_type).body(body)).await
    };
    send("application/json", "{".into()).await.refused(400, "invalid", "JSON");
    send("text/plain", "{}".into()).await.refused(400, "invalid", "content-type");
    let huge = json!({"username": "ada", "password": "x".repeat(70 * 1024)}).to_string();
    send("application/json", huge).await.refused(413, "too_large", "64 KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_asks_for_the_right_password() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    ada.sign_in_again(&node).await;
    let login = async |username: &str, password: &str| {
        node.post("/api/auth/login", json!({"username": username, "password": password})).await
    };
    assert_eq!(login("Ada", "correct horse").await.status, 200, "upper case does not matter");
    let wrong = login("ada", "wrong horse").await;
    wrong.refused(401, "unauthenticated", "do not belong together");
    let unknown = login("nobody", "correct horse").await;
    assert_eq!(wrong.text, unknown.text, "it does not tell which names exist");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_server_takes_the_first_account_only() {
    let node = Node::start_with(Options::default().set("JACKDAW_REGISTRATION", "closed")).await;
    node.register("ada").await;
    let form = json!({"username": "bob", "password": "correct horse"});
    node.post("/api/auth/register", form).await.refused(403, "forbidden", "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_change_their_name_and_find_each_other() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let user: Value = ada.patch(&node, "/api/me", json!({"display_name": "Countess"})).await.get("user");
    assert_eq!(user["display_name"], "Countess");
    ada.patch(&node, "/api/me", json!({"display_name": " "})).await.refused(400, "invalid", "display_name");

    let found = async |query: &str| {
        let users: Vec<protocol::User> = bob.get(&node, &format!("/api/users?{query}")).await.get("users");
        users.into_iter().map(|user| user.username).collect::<Vec<_>>()
    };
    assert_eq!(found("query=count").await, ["ada"]);
    assert_eq!(found("").await, ["ada"], "everybody but oneself");
    assert!(found("query=%25").await.is_empty(), "a percent sign is a character");
    bob.get(&node, "/api/users?limit=101").await.refused(400, "invalid", "limit");
    bob.get(&node, "/api/users?limit=0").await.refused(400, "invalid", "limit");
    bob.get(&node, "/api/users?limit=many").await.refused(400, "invalid", "limit");
}
