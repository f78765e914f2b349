//! Three nodes of one database: the program itself, as it is released.

use crate::place::{Place, free_address};
use crate::program::Program;
use load::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Signs the tokens of this run; 32 characters.
pub(crate) const SECRET: &str = "the secret of the runs of faults";
const NODES: usize = 3;

/// A node, running or killed.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    program: Program,
}

/// See the module's documentation.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
}

impl Cluster {
    /// Starts nodes on these, and returns once all are ready.
    pub(crate) async fn start(place: &Place, run: &str, database_url: &str, redis: SocketAddr) -> Result<Self, Error> {
        let site = place.folder.join("site");
        std::fs::create_dir_all(site.join("pkg"))?;
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            let address = free_address().await?;
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
            let mut node = Node { address, program };
            node.start().await?;
            nodes.push(node);
        }
        Ok(Self { nodes })
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// No node has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
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
    pub(crate) async fn start(&mut self) -> Result<(), Error> {
        let address = self.address;
        self.program.start()?;
        self.program.wait(async || is_ready(address).await.is_ok_and(|ready| ready)).await
    }

    pub(crate) async fn kill(&mut self) -> Result<(), Error> {
        self.program.kill().await
    }
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}
