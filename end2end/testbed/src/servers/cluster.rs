//! The nodes of one database: the program itself, as it is released, or another one in its place.

use super::place::{Place, free_address};
use super::program::Program;
use crate::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Signs the tokens of a run; 32 characters.
pub const SECRET: &str = "the secret of runs under a driver";

/// A node, running or killed.
pub struct Node {
    /// Where it listens, whenever it runs.
    pub address: SocketAddr,
    /// Where it tells its metrics.
    pub metrics_address: SocketAddr,
    program: Program,
}

/// See the module's documentation.
pub struct Cluster {
    /// In order of their numbers.
    pub nodes: Vec<Node>,
}

impl Cluster {
    /// Starts this many nodes on free addresses, one after the other, and returns once all are ready.
    ///
    /// # Errors
    /// With the end of its log where one does not start.
    pub async fn start(count: usize, program: impl Fn(usize, SocketAddr) -> Program) -> Result<Self, Error> {
        let mut nodes = Vec::new();
        for number in 1..=count {
            let (address, metrics_address) = (free_address().await?, free_address().await?);
            let program = program(number, address).env("METRICS_ADDR", metrics_address.to_string());
            let mut node = Node { address, metrics_address, program };
            node.start().await?;
            nodes.push(node);
        }
        Ok(Self { nodes })
    }

    /// Nodes of Jackdaw on this database and this Redis; their logs are under the name of the run.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn jackdaw(
        place: &Place,
        run: &str,
        count: usize,
        database_url: &str,
        redis: SocketAddr,
        settings: &[(&'static str, String)],
    ) -> Result<Self, Error> {
        let site = place.folder.join("site");
        std::fs::create_dir_all(site.join("pkg"))?;
        Self::start(count, |number, address| {
            let program = place
                .jackdaw(&format!("{run}-node{number}"))
                .env("LISTEN_ADDR", address.to_string())
                .env("DATABASE_URL", database_url)
                .env("REDIS_URL", format!("redis://{redis}"))
                .env("JWT_SECRET", SECRET)
                .env("DATA_DIR", place.folder.join("data").display().to_string())
                .env("LEPTOS_SITE_ROOT", site.display().to_string())
                .env("DRAIN_SECONDS", "0")
                .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".into()));
            settings.iter().fold(program, |program, (name, value)| program.env(name, value.as_str()))
        })
        .await
    }

    /// Of all nodes, in order.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// No node has ended by itself.
    ///
    /// # Errors
    /// Where one has.
    pub fn check(&mut self) -> Result<(), Error> {
        for node in &mut self.nodes {
            if node.program.has_ended()? {
                return Err(format!("the node at {} has ended by itself", node.address).into());
            }
        }
        Ok(())
    }
}

impl Node {
    /// Returns once it is ready to serve.
    ///
    /// # Errors
    /// With the end of its log where it does not start.
    pub async fn start(&mut self) -> Result<(), Error> {
        let address = self.address;
        self.program.start()?;
        self.program.wait(async || is_ready(address).await.is_ok_and(|ready| ready)).await
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// Where the system refuses.
    pub async fn kill(&mut self) -> Result<(), Error> {
        self.program.kill().await
    }

    /// SIGTERM: it says goodbye to its connections. Returns once it has ended.
    ///
    /// # Errors
    /// Where the system refuses, or it takes too long.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.program.stop().await
    }

    /// Its metrics, in the text format of Prometheus.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn metrics(&self) -> Result<String, Error> {
        Ok(get(self.metrics_address, "/metrics").await?)
    }

    /// The number of its process while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.program.pid()
    }
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    Ok(get(address, "/readyz").await?.starts_with("HTTP/1.1 200"))
}

/// The answer to a request, its head included.
async fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
