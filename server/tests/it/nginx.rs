//! The shipped nginx configuration, in a real nginx in front of two nodes: no sticky sessions, and a node may stop.

use crate::harness::{Node, Options, Ws, fresh_postgres, plain_client, redis_url, until};
use protocol::{CloseCode, ServerFrame};
use serde_json::json;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A running nginx. Ends with the test.
struct Nginx {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Nginx {
    async fn start(nodes: &[&Node]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx");
        std::fs::copy(shipped.join("nginx.conf"), at("nginx.conf")).unwrap();
        let address = free_address();
        std::fs::write(at("listen.conf"), format!("listen {address};\n")).unwrap();
        std::fs::write(at("upstream.conf"), upstream(&shipped, nodes, folder.path())).unwrap();
        let log = at("error.log");
        let globals = format!("daemon off; pid {}; error_log {};", at("pid").display(), log.display());
        let child = Command::new("nginx")
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .args([
                "-e",
                log.to_str().unwrap(),
                "-p",
                folder.path().to_str().unwrap(),
                "-c",
                "nginx.conf",
                "-g",
                &globals,
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed by setup/services");
        let nginx = Self { child, address, _folder: folder };
        until("nginx to listen", async || {
            let answer = plain_client().get(nginx.url("/readyz")).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        nginx
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // TERM, so that the master ends its workers.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The shipped upstream, with these nodes in the place of Docker's, and temporary files in the test's folder.
fn upstream(shipped: &Path, nodes: &[&Node], folder: &Path) -> String {
    let text = std::fs::read_to_string(shipped.join("upstream.conf")).unwrap();
    let mut conf = String::new();
    for line in text.lines() {
        match line.trim_start() {
            line if line.starts_with("resolver ") => {}
            line if line.starts_with("server ") => {
                for node in nodes {
                    conf += &format!("{}\n", line.replace("app:3000 resolve", &node.address));
                }
            }
            line => conf += &format!("{line}\n"),
        }
    }
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        conf += &format!("{kind}_temp_path {};\n", folder.join(kind).display());
    }
    conf
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_behind_nginx_land_anywhere_and_a_node_may_stop() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url()).set("PROXY_HOPS", "1");
    let (first, second) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let nginx = Nginx::start(&[&first, &second]).await;
    assert_eq!(plain_client().get(nginx.url("/metrics")).send().await.unwrap().status().as_u16(), 404);
    let ada = first.register("ada").await;
    let mut sockets = Vec::new();
    for _ in 0..6 {
        let mut socket = Ws::open_at(&nginx.address, &ada.token).await;
        let rooms = socket.hello().await;
        sockets.push((socket, rooms[0].id));
    }
    // Both nodes have some: each hears what another one's connection says.
    let general = sockets[0].1;
    sockets[0].0.send_message(general, "through the proxy").await;
    for (socket, _) in &mut sockets {
        socket.receives("through the proxy").await;
    }
    let post = async |body: &str| {
        let path = nginx.url(&format!("/api/messages/room/{general}"));
        let form = json!({"client_id": uuid::Uuid::now_v7(), "body": body});
        let posted = plain_client().post(path).bearer_auth(&ada.token).json(&form).send().await.unwrap();
        assert_eq!(posted.status().as_u16(), 201, "{body}");
    };
    let mut first = first;
    first.begin_stop();
    post("while a node stops").await;
    first.stop().await;
    post("when it has stopped").await;
    let (mut moved, mut stayed, mut of_second) = (0, 0, Vec::new());
    for (mut socket, _) in sockets {
        let goes = socket
            .find("the message or goaway", |frame| match frame {
                ServerFrame::GoAway { .. } => Some(true),
                ServerFrame::New { message } if message.body == "when it has stopped" => Some(false),
                _ => None,
            })
            .await;
        if goes {
            assert_eq!(socket.closed().await, Some(CloseCode::GoingAway.code()));
            moved += 1;
            socket = Ws::open_at(&nginx.address, &ada.token).await;
            socket.hello().await;
        } else {
            stayed += 1;
        }
        of_second.push(socket);
    }
    assert!(moved > 0 && stayed > 0, "{moved} were asked to go and {stayed} were not");
    of_second[0].send_message(general, "all on one node").await;
    for socket in &mut of_second {
        socket.receives("all on one node").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_that_asks_for_sockets_without_end_harms_nobody() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url()).set("PROXY_HOPS", "1");
    let (first, second) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let nginx = Nginx::start(&[&first, &second]).await;
    let ada = first.register("ada").await;
    let asked = Arc::new(AtomicUsize::new(0));
    let mut attack = JoinSet::new();
    for _ in 0..4 {
        let (http, url, asked) = (plain_client(), nginx.url("/ws"), Arc::clone(&asked));
        attack.spawn(async move {
            // 300 a second together.
            let mut pace = tokio::time::interval(Duration::from_micros(13_333));
            loop {
                pace.tick().await;
                let _ = http.get(&url).send().await;
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut rounds = 0;
    while rounds < 20 || asked.load(Ordering::Relaxed) < 1_000 {
        let page = plain_client().get(nginx.url("/login")).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200, "round {rounds}");
        Ws::open_at(&nginx.address, &ada.token).await.hello().await;
        rounds += 1;
        // At the pace of a person, so that it is not they who make the limits.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    attack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_nodes_break_off_take_no_node_out() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url()).set("PROXY_HOPS", "1");
    let node = Node::start_with(options).await;
    let nginx = Nginx::start(&[&node]).await;
    let long = "x".repeat(20_000);
    for _ in 0..10 {
        let with_a_long_head = plain_client().get(nginx.url("/login")).header("x-long", &long);
        assert_eq!(with_a_long_head.send().await.unwrap().status().as_u16(), 400);
        let with_a_large_body = plain_client().post(nginx.url("/api/auth/login")).body(vec![b'x'; 100_000]);
        assert_eq!(with_a_large_body.send().await.unwrap().status().as_u16(), 413);
        let mut malformed = TcpStream::connect(&nginx.address).await.unwrap();
        let head = "POST /a\"b HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n";
        malformed.write_all(head.as_bytes()).await.unwrap();
        malformed.write_all(&[b'x'; 60_000]).await.unwrap();
        let _ = malformed.read(&mut [0; 100]).await;
        let page = plain_client().get(nginx.url("/login")).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200);
    }
}
