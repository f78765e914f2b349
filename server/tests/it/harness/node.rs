//! A node in this process, on a free port, with folders of its own.

use super::{Answer, Person, Proxy, anonymous, fresh_postgres, redis_url, until};
use protocol::UnixMillis;
use server::Config;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Environment variables for a node, beside those that every test needs.
#[derive(Clone, Default)]
pub(crate) struct Options(HashMap<&'static str, String>);

impl Options {
    pub(crate) fn set(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(variable, value.into());
        self
    }

    /// A node that reaches a PostgreSQL of its own through this proxy.
    pub(crate) async fn behind_a_database() -> (Proxy, Self) {
        let url = fresh_postgres().await;
        let proxy = Proxy::start(&url, true).await;
        let options = Self::cluster(&proxy.url(&url), &redis_url());
        (proxy, options)
    }

    /// Nodes with the same PostgreSQL and Redis.
    pub(crate) fn cluster(database_url: &str, redis_url: &str) -> Self {
        Self::default()
            .set("DATABASE_URL", database_url)
            .set("REDIS_URL", redis_url)
            .set("JWT_SECRET", "the secret of a test, 32 characters")
    }
}

/// A running node. Ends with the test.
pub(crate) struct Node {
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<Result<(), server::RunError>>>,
    /// `DATABASE_URL`
    database: String,
    _folder: TempDir,
}

impl Node {
    /// A node on SQLite, ready to serve.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let node = Self::start_unready(options).await;
        node.ready().await;
        node
    }

    /// Waits until it can serve and its database and bus have answered.
    pub(crate) async fn ready(&self) {
        self.reports("ready", "up", "up").await;
    }

    /// Waits until `/readyz` says this.
    pub(crate) async fn reports(&self, status: &str, database: &str, bus: &str) {
        until(&format!("the node to be {status}, its database {database}, its bus {bus}"), async || {
            let answer = self.get("/readyz").await;
            let report = answer.json();
            assert_eq!(answer.status, if report["status"] == "ready" { 200 } else { 503 }, "{report}");
            (report["status"] == status && report["database"] == database && report["bus"] == bus).then_some(())
        })
        .await;
    }

    /// A node that listens; whether it can serve is another question.
    pub(crate) async fn start_unready(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/jackdaw.Abc123.js"), "// a file with a hash\n".repeat(100)).unwrap();
        std::fs::write(site.join("favicon.svg"), "<svg/>").unwrap();
        let lookup = |name: &str| {
            let given = options.0.get(name).cloned();
            given.or_else(|| match name {
                "DATA_DIR" => Some(folder.path().join("data").display().to_string()),
                "LEPTOS_SITE_ROOT" => Some(site.display().to_string()),
                "DRAIN_SECONDS" => Some("5".into()),
                // Tests are quicker than people.
                "MESSAGES_PER_SECOND" | "FRAMES_PER_SECOND" | "REQUESTS_PER_SECOND" => Some("0".into()),
                "LOGINS_PER_MINUTE" | "REGISTRATIONS_PER_HOUR" => Some("0".into()),
                "JACKDAW_REGISTRATION" => Some("open".into()),
                _ => None,
            })
        };
        let config = Config::from_lookup(lookup).unwrap();
        let database = config.store.url.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        // A dropped sender stops the node too.
        let task = tokio::spawn(server::run(config, listener, async move { drop(stopped.await) }));
        Self { address, stop: Some(stop), task: Some(task), database, _folder: folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What a stranger without a session gets.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        anonymous(self, reqwest::Method::GET, path, None).await
    }

    /// What a stranger gets who sends a body.
    pub(crate) async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        anonymous(self, reqwest::Method::POST, path, Some(body)).await
    }

    /// The code of a one-time link for the first account, as the log has one: for nodes that look as if they were exposed.
    pub(crate) async fn setup_code(&self) -> String {
        let store = store::open(&self.database, 1).unwrap();
        let code = uuid::Uuid::new_v4();
        store.create_setup_link(&Sha256::digest(code.as_bytes()), UnixMillis(1)).await.unwrap();
        code.simple().to_string()
    }

    /// Signs somebody up; the name to show is the user name with a capital.
    pub(crate) async fn register(&self, name: &str) -> Person {
        Person::register(self, name).await
    }

    /// Asks the node to stop, as SIGTERM does, without waiting.
    pub(crate) fn begin_stop(&mut self) {
        self.stop = None;
    }

    /// Why the node ends by itself.
    pub(crate) async fn ended(mut self) -> server::RunError {
        self.task.take().unwrap().await.unwrap().unwrap_err()
    }

    /// Stops the node and returns once it has ended.
    pub(crate) async fn stop(mut self) {
        self.begin_stop();
        self.task.take().unwrap().await.unwrap().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
