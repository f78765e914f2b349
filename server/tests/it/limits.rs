//! Who is turned away, how they are told, and that nothing is done for them.

use crate::harness::{Node, Options, anonymous, fresh_postgres, plain_client, redis_url, until};
use protocol::{CloseCode, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What `GET /ws` answers to a program with this token: the status, and how long to stay away.
async fn upgrade(node: &Node, token: &str) -> (u16, Option<u64>) {
    let mut stream = TcpStream::connect(&node.address).await.unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer {token}\r\n\r\n",
        node.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = vec![0; 4_096];
    let bytes = stream.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..bytes]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let after = head.lines().find_map(|line| line.strip_prefix("retry-after: "));
    (status, after.map(|seconds| seconds.parse().unwrap()))
}

fn sign_in(node: &Node, name: &str, from: &str) -> reqwest::RequestBuilder {
    let form = json!({"username": name, "password": "not the password"});
    plain_client().post(node.url("/api/auth/login")).header("x-forwarded-for", from).json(&form)
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_node_refuses_with_a_wait() {
    let node = Node::start_with(Options::default().set("MAX_CONNECTIONS", "1")).await;
    let ada = node.register("ada").await;
    let (socket, _) = ada.connect(&node).await;
    let (status, after) = upgrade(&node, &ada.token).await;
    assert_eq!(status, 503);
    assert!(after.is_some_and(|seconds| (1..=7).contains(&seconds)), "{after:?}");
    assert_eq!(upgrade(&node, "no token").await.0, 401, "a request without a token learns nothing else");
    assert_eq!(node.get("/api/rooms").await.status, 401, "requests are not connections");
    drop(socket);
    until("the place to be free", async || (upgrade(&node, &ada.token).await.0 == 101).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_herd_gets_in_at_the_rate_of_the_bucket() {
    let node = Node::start_with(Options::default().set("CONNECTIONS_PER_SECOND", "1")).await;
    let ada = node.register("ada").await;
    let mut refused = 0;
    for _ in 0..20 {
        let (status, after) = upgrade(&node, &ada.token).await;
        assert_eq!(after.is_some(), status == 503);
        refused += usize::from(status == 503);
    }
    assert!(refused >= 5, "{refused} of 20 at once");
    until("the bucket to fill", async || (upgrade(&node, &ada.token).await.0 == 101).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_token_and_who_wants_no_socket_take_nothing_from_those_who_do() {
    let options = Options::default().set("CONNECTIONS_PER_SECOND", "1").set("PROXY_HOPS", "1");
    let node = Node::start_with(options).await;
    let ada = node.register("ada").await;
    let plain = async || {
        let request = plain_client().get(node.url("/ws")).bearer_auth(&ada.token);
        request.header("x-forwarded-for", "192.0.2.1").send().await.unwrap().status().as_u16()
    };
    for _ in 0..30 {
        assert_eq!(plain().await, 400, "it is no upgrade");
        assert_eq!(upgrade(&node, "forged").await.0, 401);
    }
    assert_eq!(upgrade(&node, &ada.token).await.0, 101, "the only one of this second");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_take_all_of_the_rate() {
    let node = Node::start_with(Options::default().set("CONNECTIONS_PER_SECOND", "1000")).await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let mut entered = 0;
    while upgrade(&node, &ada.token).await.0 == 101 {
        entered += 1;
        assert!(entered < 1_000, "she is never told");
    }
    assert!(entered >= 60, "twenty devices with three tabs each come back at once, not {entered}");
    assert_eq!(upgrade(&node, &bob.token).await.0, 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_messages_are_refused_for_now_and_may_be_sent_again() {
    let node = Node::start_with(Options::default().set("MESSAGES_PER_SECOND", "1")).await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let (mut socket, rooms) = ada.connect(&node).await;
    for _ in 0..40 {
        socket.send_message(rooms[0].id, "quick").await;
    }
    let (retryable, message) = socket
        .find("a nack", |frame| match frame {
            ServerFrame::Nack { code: ErrorCode::RateLimited, retryable, message, retry_after_ms, .. } => {
                assert!(retry_after_ms.is_some_and(|wait| wait > 0), "{retry_after_ms:?}");
                Some((retryable, message))
            }
            _ => None,
        })
        .await;
    assert!(retryable && message.contains("too many messages"), "{message}");
    // The limit may have let go of one meanwhile.
    let refused = until("REST to be refused", async || {
        let answer = ada.send_as(&node, &rooms[0], protocol::ClientId(uuid::Uuid::now_v7()), "by REST").await;
        (answer.status != 201).then_some(answer)
    })
    .await;
    refused.refused(429, "rate_limited", "too many messages");
    assert!(!refused.header("retry-after").is_empty());
    bob.send_message(&node, &rooms[0], "not my fault").await;
    socket.receives("not my fault").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_a_connection_is_told_and_then_closed() {
    let node = Node::start_with(Options::default().set("FRAMES_PER_SECOND", "2")).await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let (mut of_bob, rooms) = bob.connect(&node).await;
    let (mut socket, _) = ada.connect(&node).await;
    for _ in 0..200 {
        socket.send_text("{}").await;
    }
    socket
        .find("the limit", |frame| match frame {
            ServerFrame::Error { code: ErrorCode::RateLimited, retryable: true, .. } => Some(()),
            _ => None,
        })
        .await;
    assert_eq!(socket.closed().await, Some(CloseCode::RateLimited.code()));
    bob.send_message(&node, &rooms[0], "undisturbed").await;
    of_bob.receives("undisturbed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_password_ends_where_it_happens_and_locks_nobody_out() {
    let options = Options::default().set("LOGINS_PER_MINUTE", "5").set("PROXY_HOPS", "1");
    let node = Node::start_with(options).await;
    let ada = node.register("ada").await;
    for _ in 0..5 {
        assert_eq!(status(sign_in(&node, "ada", "192.0.2.1")).await, 401);
    }
    let answer = sign_in(&node, " Ada ", "192.0.2.1").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(status(sign_in(&node, "bob", "192.0.2.1")).await, 401, "others behind the same address may");
    let form = json!({"username": "ada", "password": "correct horse"});
    let owner = || plain_client().post(node.url("/api/auth/login")).header("x-forwarded-for", "192.0.2.2").json(&form);
    for _ in 0..20 {
        assert_eq!(status(owner()).await, 200, "the owner is elsewhere, and what succeeds is not counted");
    }
    let page = plain_client().post(node.url("/login")).header("x-forwarded-for", "192.0.2.1");
    let page = page
        .header("content-type", "application/x-www-form-urlencoded")
        .body("username=ada&password=x")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status().as_u16(), 429);
    assert!(page.text().await.unwrap().contains("Too many attempts to sign in."), "the form says it");
    drop(ada);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_known_where_its_person_signed_in_before() {
    let options = Options::default().set("LOGINS_PER_MINUTE", "1").set("PROXY_HOPS", "1");
    let node = Node::start_with(options).await;
    let form = json!({"username": "ada", "password": "correct horse"});
    let owner =
        |from: &str| plain_client().post(node.url("/api/auth/login")).header("x-forwarded-for", from).json(&form);
    let first = json!({"username": "ada", "password": "correct horse", "code": node.setup_code().await});
    let registered = node.post("/api/auth/register", first).await;
    let device = registered.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let device: Vec<&str> = device.filter(|cookie| cookie.starts_with("jackdaw_device=")).collect();
    assert!(device.iter().any(|cookie| cookie.contains("Path=/api/auth;") && cookie.contains("HttpOnly")));
    assert!(device.iter().any(|cookie| cookie.contains("Path=/login;")));
    let device = device[0].split(';').next().unwrap();
    // From ten addresses, once each.
    for number in 1..=10 {
        assert_eq!(status(sign_in(&node, "ada", &format!("192.0.2.{number}"))).await, 401);
    }
    assert_eq!(status(owner("198.51.100.1")).await, 429, "a device that nobody knows");
    let known = owner("198.51.100.1").header("cookie", device).header("origin", node.url(""));
    assert_eq!(status(known).await, 200);
    let forged = owner("198.51.100.1").header("cookie", "jackdaw_device=x").header("origin", node.url(""));
    assert_eq!(status(forged).await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_a_password_that_cannot_be_is_refused_before_it_is_kept() {
    let node = Node::start_with(Options::default().set("LOGINS_PER_MINUTE", "1")).await;
    let long = "x".repeat(60_000);
    for (name, password, field) in [(long.as_str(), "x", "username"), ("ada", &long[..257], "password")] {
        let form = json!({"username": name, "password": password});
        for _ in 0..3 {
            node.post("/api/auth/login", form.clone()).await.refused(400, "invalid", field);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_count_attempts_together() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url()).set("LOGINS_PER_MINUTE", "6");
    let (here, there) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let name = format!("n{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let mut refused = false;
    for round in 0..5 {
        for node in [&here, &there] {
            refused |= status(sign_in(node, &name, "")).await == 429;
        }
        assert!(!refused || round >= 3, "six are allowed");
    }
    assert!(refused, "each node counted only its own five");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_accounts_are_limited() {
    let options = Options::default().set("REQUESTS_PER_SECOND", "1").set("REGISTRATIONS_PER_HOUR", "2");
    let node = Node::start_with(options).await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let form = json!({"username": "cyd", "password": "correct horse"});
    let answer = anonymous(&node, Method::POST, "/api/auth/register", Some(form)).await;
    answer.refused(429, "rate_limited", "Too many accounts");
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(ada.get(&node, "/api/rooms").await.status);
    }
    assert!(answers.starts_with(&[200; 50]) && answers.contains(&429), "{answers:?}");
    assert_eq!(bob.get(&node, "/api/rooms").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_ends_the_head_of_a_request_is_cut_off() {
    let node = Node::start().await;
    let mut slow = TcpStream::connect(&node.address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "it still waits for the rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_a_listener_of_their_own() {
    let private = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let node = Node::start_with(Options::default().set("METRICS_ADDR", &private).set("MAX_CONNECTIONS", "1")).await;
    assert_eq!(node.get("/metrics").await.status, 404, "not for everybody");
    let ada = node.register("ada").await;
    let (mut socket, rooms) = ada.connect(&node).await;
    socket.send_message(rooms[0].id, "counted").await;
    socket.receives("counted").await;
    assert_eq!(upgrade(&node, &ada.token).await.0, 503);
    node.post("/api/auth/login", json!({"username": "nobody", "password": "x"})).await.refused(
        401,
        "unauthenticated",
        "",
    );
    let read = plain_client().get(format!("http://{private}/metrics")).send().await.unwrap();
    let told = read.text().await.unwrap();
    for line in [
        "jackdaw_connections 1",
        "jackdaw_rooms 1",
        "jackdaw_messages_stored_total 1",
        "jackdaw_refusals_total{reason=\"full\"} 1",
        "jackdaw_frames_received_total 2",
        "jackdaw_database_up 1",
        "jackdaw_bus_up 1",
        "jackdaw_sign_ins_failed_total 1",
        "jackdaw_commit_seconds_count 1",
    ] {
        assert!(told.lines().any(|told| told == line), "{line} is missing in {told}");
    }
    let waits = told.lines().find_map(|line| line.strip_prefix("jackdaw_pool_wait_seconds_count "));
    assert!(waits.unwrap().parse::<u64>().unwrap() >= 3, "each statement waits for a connection: {told}");
}
