//! `JWT_SECRET_PREVIOUS`: replacing the secret signs nobody out, on any node.

use crate::harness::{Answer, Node, Options, fresh_postgres, plain_client, redis_url};
use serde_json::json;

const OLD: &str = "the old secret of 32 characters!!";
const NEW: &str = "the new secret of 32 characters!!";

/// The value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let value = set.find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('=')).unwrap();
    value.split(';').next().unwrap().to_owned()
}

async fn renew(node: &Node, refresh: &str) -> Answer {
    let request = plain_client().post(node.url("/api/auth/refresh")).header("origin", node.url(""));
    Answer::of(request.header("cookie", format!("jackdaw_refresh={refresh}"))).await
}

async fn show_me(node: &Node, access: &str) -> u16 {
    Answer::of(plain_client().get(node.url("/api/me")).bearer_auth(access)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_without_signing_anybody_out() {
    let cluster = Options::cluster(&fresh_postgres().await, &redis_url());
    let with = |current, previous| cluster.clone().set("JWT_SECRET", current).set("JWT_SECRET_PREVIOUS", previous);
    let (old, both) = (Node::start_with(with(OLD, NEW)).await, Node::start_with(with(NEW, OLD)).await);
    let form = json!({"username": "ada", "password": "correct horse"});
    let signed_in = old.post("/api/auth/register", form).await;
    let (access, refresh) = (cookie(&signed_in, "jackdaw_access"), cookie(&signed_in, "jackdaw_refresh"));

    // Both tokens of the old secret are good on a node that signs with the new one.
    assert_eq!(show_me(&both, &access).await, 200);
    let renewed = renew(&both, &refresh).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let (access, refresh) = (cookie(&renewed, "jackdaw_access"), cookie(&renewed, "jackdaw_refresh"));

    // What it signed is good on nodes that were not restarted yet, and on those that know the new secret alone.
    assert_eq!(show_me(&old, &access).await, 200);
    let new = Node::start_with(with(NEW, "")).await;
    assert_eq!(show_me(&new, &access).await, 200);
    assert_eq!(renew(&new, &refresh).await.status, 200);
    renew(&Node::start_with(with(OLD, "")).await, &refresh).await.refused(401, "unauthenticated", "ended");
}
