//! Pages as a browser without JavaScript gets them, and the headers of everything.

use crate::harness::{Answer, Node, Options, plain_client};
use serde_json::json;

/// A page with these cookies, as a navigation.
async fn page(node: &Node, path: &str, cookie: &str) -> Answer {
    Answer::of(plain_client().get(node.url(path)).header("cookie", cookie)).await
}

/// A form as a page of this site posts it.
async fn post_form(node: &Node, path: &str, cookie: &str, fields: &str) -> Answer {
    let request = plain_client().post(node.url(path)).header("origin", node.url("")).header("cookie", cookie);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(fields.to_owned());
    Answer::of(request).await
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    set.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_sign_up_and_in_and_out() {
    let node = Node::start().await;
    assert!(page(&node, "/register", "").await.text.contains("<form"));
    let fields = "username=ada&display_name=Ada&password=correct+horse&next=%2Fdevices";
    let done = post_form(&node, "/register", "", fields).await;
    assert_eq!((done.status, done.header("location")), (303, "/devices"));
    let session = cookies(&done);
    let devices = page(&node, "/devices", &session).await;
    assert_eq!(devices.status, 200);
    assert!(devices.text.contains("Devices"));
    let out = post_form(&node, "/api/auth/logout/page", &session, "").await;
    assert_eq!((out.status, out.header("location")), (303, "/login"));
    assert_eq!(page(&node, "/devices", &session).await.status, 303, "the session has ended");

    let wrong = post_form(&node, "/login", "", "username=ada&password=wrong&next=%2F%2Fevil.example.org").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("do not belong together") && wrong.text.contains("value=\"ada\""));
    assert!(!wrong.text.contains("evil.example.org"), "a link to the sign-in leads nowhere else");
    let right = post_form(&node, "/login", "", "username=ada&password=correct+horse&next=%2F%2Fevil.example.org").await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    assert_eq!(page(&node, "/login", &cookies(&right)).await.status, 303, "a browser that is signed in goes on");
    let foreign = plain_client().post(node.url("/login")).header("origin", "https://evil.example.org");
    Answer::of(foreign.body("username=ada&password=correct+horse")).await.refused(403, "forbidden", "Origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_receipts_are_a_form() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let session = format!("jackdaw_access={}", ada.token);
    let save = async |fields: &str| post_form(&node, "/devices/receipts", &session, fields).await;
    let receipts = async || ada.get(&node, "/api/me").await.json()["user"]["receipts"].clone();
    let off = save("").await;
    assert_eq!((off.status, off.header("location")), (303, "/devices#receipts"));
    assert_eq!(receipts().await, false, "a box that is not ticked is not sent");
    save("receipts=perhaps").await.refused(400, "invalid", "receipts");
    assert_eq!(receipts().await, false);
    save("receipts=true").await;
    assert_eq!(receipts().await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_its_room_before_any_script_runs() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let room = ada.rooms(&node).await.remove(0);
    ada.send_message(&node, &room, "<script>alert(1)</script> & friends").await;
    ada.send_message(&node, &room, "</script><!-- in the boot data too").await;
    let session = format!("jackdaw_access={}", ada.token);
    let shown = page(&node, &format!("/rooms/{}", room.id), &session).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("&lt;script&gt;alert(1)"), "text is text");
    assert!(!shown.text.contains("<script>alert(1)") && !shown.text.contains("</script><!--"));
    assert!(page(&node, "/", &session).await.text.contains("General"));

    for missing in ["/rooms/0190b3a0-0000-7000-8000-000000000000", "/rooms/nonsense", "/nothing"] {
        let answer = page(&node, missing, &session).await;
        assert_eq!(answer.status, 404, "{missing}");
    }
    let nothing = node.get("/nothing").await;
    assert!(nothing.text.contains("Nothing here") && nothing.text.contains("href=\"/pkg/jackdaw.css\""));
    assert!(!nothing.text.contains("<script"), "it is the same for everybody, and costs nothing");
    node.get("/api/nothing").await.refused(404, "not_found", "");
    let stranger = page(&node, &format!("/rooms/{}?x=1", room.id), "").await;
    assert_eq!(stranger.status, 303);
    assert_eq!(stranger.header("location"), format!("/api/auth/refresh?next=/rooms/{}%3Fx%3D1", room.id));
    let on = page(&node, stranger.header("location"), "").await;
    assert_eq!(on.header("location"), format!("/login?next=/rooms/{}%3Fx%3D1", room.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_renewed_on_the_way_to_a_page() {
    let node = Node::start().await;
    let form = json!({"username": "ada", "password": "correct horse"});
    let session = cookies(&node.post("/api/auth/register", form).await);
    let refresh = session.split("; ").find(|cookie| cookie.starts_with("jackdaw_refresh")).unwrap();
    let on = page(&node, "/api/auth/refresh?next=/devices", refresh).await;
    assert_eq!((on.status, on.header("location")), (303, "/devices"));
    assert_eq!(page(&node, "/devices", &cookies(&on)).await.status, 200);
    let nowhere = page(&node, "/api/auth/refresh?next=https://evil.example.org", &cookies(&on)).await;
    assert_eq!(nowhere.header("location"), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_with_the_nonce_of_their_page_only() {
    let node = Node::start().await;
    let (one, two) = (node.get("/login").await, node.get("/login").await);
    let nonce = |answer: &Answer| {
        let policy = answer.header("content-security-policy").to_owned();
        let start = policy.find("'nonce-").unwrap() + 7;
        policy[start..].split('\'').next().unwrap().to_owned()
    };
    assert_ne!(nonce(&one), nonce(&two));
    let policy = one.header("content-security-policy");
    assert!(policy.contains("'wasm-unsafe-eval'") && !policy.contains("unsafe-inline"), "{policy}");
    let with_nonce = format!("nonce=\"{}\"", nonce(&one));
    for tag in one.text.match_indices("<script").map(|(at, _)| one.text[at..].split('>').next().unwrap()) {
        assert!(tag.contains(&with_nonce) || tag.contains("application/json"), "{tag}");
    }
    assert!(!one.text.contains(" style=\"") && !one.text.contains(" onclick="), "nothing inline");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_headers() {
    let node = Node::start().await;
    for path in ["/login", "/api/me", "/healthz", "/favicon.svg", "/nothing"] {
        let answer = node.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    let given = plain_client().get(node.url("/healthz")).header("x-request-id", "from-the-proxy");
    assert_eq!(Answer::of(given).await.header("x-request-id"), "from-the-proxy");
    for strange in ["a b".to_owned(), "x".repeat(4_000)] {
        let given = plain_client().get(node.url("/healthz")).header("x-request-id", strange);
        assert_eq!(Answer::of(given).await.header("x-request-id").len(), 36, "a fresh one");
    }

    let hashed = node.get("/pkg/jackdaw.Abc123.js").await;
    assert_eq!(hashed.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(node.get("/favicon.svg").await.header("cache-control"), "no-cache");
    assert_eq!(node.get("/login").await.header("cache-control"), "no-store");
    assert_eq!(node.get("/pkg/gone.Abc123.js").await.status, 404);
    assert_eq!(node.get("/pkg/gone.Abc123.js").await.header("cache-control"), "no-store", "what is missing may come");
    for (accepted, sent) in [("br", "br"), ("gzip", "gzip"), ("identity", "")] {
        let request = plain_client().get(node.url("/pkg/jackdaw.Abc123.js")).header("accept-encoding", accepted);
        assert_eq!(
            request.send().await.unwrap().headers().get("content-encoding").map_or("", |value| value.to_str().unwrap()),
            sent
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_renewals_are_limited() {
    let node = Node::start_with(Options::default().set("REQUESTS_PER_SECOND", "1")).await;
    let fields = "username=ada&display_name=Ada&password=correct+horse";
    let session = cookies(&post_form(&node, "/register", "", fields).await);
    let bob = cookies(&post_form(&node, "/register", "", &fields.replace("ada", "bob")).await);
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(page(&node, "/devices", &session).await);
    }
    assert_eq!(answers[0].status, 200);
    let refused = answers.iter().find(|answer| answer.status == 429).expect("ten at once");
    assert!(refused.text.contains("Too many requests") && !refused.header("retry-after").is_empty());
    assert_eq!(page(&node, "/devices", &bob).await.status, 200);
    let renew = async || {
        let request = plain_client().post(node.url("/api/auth/refresh")).header("origin", node.url(""));
        Answer::of(request.header("cookie", &session)).await.status
    };
    let mut renewals = Vec::new();
    for _ in 0..60 {
        renewals.push(renew().await);
    }
    assert_eq!(renewals[0], 200);
    assert!(renewals.contains(&429), "{renewals:?}");
}
