//! Clients that send or take nothing: they are given up, and hold up nobody else.

use crate::harness::{CONDITION_TIMEOUT, Node, Options, plain_client};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// More than any time limit of a request.
const LONG: Duration = Duration::from_secs(150);

/// A connection from an address of this machine that nobody else uses.
async fn connect_from(local: &str, node: &Node) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(local.parse().unwrap(), 0)).unwrap();
    socket.connect(node.address.parse().unwrap()).await.ok()
}

const ENDLESS: &[u8] =
    b"POST /api/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{";

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let node = Node::start().await;
    let mut slow = TcpStream::connect(&node.address).await.unwrap();
    slow.write_all(ENDLESS).await.unwrap();
    let mut answer = Vec::new();
    timeout(LONG, slow.read_to_end(&mut answer)).await.expect("it still waits for the rest").unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("did not arrive in time"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_a_bound() {
    let node = Node::start().await;
    let with = async |bytes: usize| {
        let request = plain_client().get(node.url("/healthz")).header("x-long", "x".repeat(bytes));
        request.send().await.map(|answer| answer.status().as_u16())
    };
    assert_eq!(with(12_000).await.unwrap(), 200);
    // The rest of the head is not read, so that the end of the connection may overtake the answer.
    assert!(matches!(with(20_000).await, Ok(431) | Err(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_hold_up_nobody_elsewhere() {
    // As few places as there may be: slow clients of one address would fill them.
    let node = Node::start_with(Options::default().set("MAX_CONNECTIONS", "1")).await;
    let ada = node.register("ada").await;
    let mut slow = Vec::new();
    // Those above the bound of all wait in the system's queue.
    for number in 0..1_100 {
        if let Ok(Some(mut stream)) = timeout(Duration::from_secs(1), connect_from("127.0.0.2", &node)).await {
            let sent: &[u8] = if number % 2 == 0 { ENDLESS } else { b"GET /login HTTP/1.1\r\nx-slow: " };
            let _ = stream.write_all(sent).await;
            slow.push(stream);
        }
    }
    let (mut socket, rooms) =
        timeout(CONDITION_TIMEOUT, ada.connect(&node)).await.expect("a place for somebody elsewhere");
    socket.send_message(rooms[0].id, "not held up").await;
    socket.receives("not held up").await;
    assert_eq!(timeout(CONDITION_TIMEOUT, node.get("/healthz")).await.expect("an answer").status, 200);
    drop(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_behind_one_address_are_not_refused() {
    let node = Node::start().await;
    let ada = node.register("ada").await;
    let mut kept = Vec::new();
    // Browsers keep connections open between two requests, without a token before anybody has signed in.
    for _ in 0..600 {
        let mut stream = connect_from("127.0.0.3", &node).await.unwrap();
        stream.write_all(b"GET /login HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        timeout(CONDITION_TIMEOUT, stream.read_exact(&mut start)).await.expect("an answer").unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        kept.push(stream);
    }
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(ada.connect(&node).await);
    }
    let form = json!({"username": "ada", "password": "correct horse"});
    assert_eq!(node.post("/api/auth/login", form).await.status, 200);
}
