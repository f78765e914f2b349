//! A private Redis that keeps nothing on disk, and can be killed.

use super::place::{Place, free_address};
use super::program::Program;
use crate::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// See the module's documentation.
pub struct Redis {
    /// Where it listens, whenever it runs.
    pub address: SocketAddr,
    server: Program,
}

impl Redis {
    /// Starts one.
    ///
    /// # Errors
    /// With the end of its log where it does not start.
    pub async fn start(place: &Place) -> Result<Self, Error> {
        let address = free_address().await?;
        let (port, folder) = (address.port().to_string(), place.folder.display().to_string());
        let server = place.redis().args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port,
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            &folder,
        ]);
        let mut redis = Self { address, server };
        redis.restart().await?;
        Ok(redis)
    }

    /// Returns once it answers.
    ///
    /// # Errors
    /// With the end of its log where it does not start.
    pub async fn restart(&mut self) -> Result<(), Error> {
        let address = self.address;
        self.server.start()?;
        self.server.wait(async || answers(address).await.is_ok()).await
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// Where the system refuses.
    pub async fn kill(&mut self) -> Result<(), Error> {
        self.server.kill().await
    }

    /// The number of its process while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }
}

async fn answers(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    if &answer == b"+PONG\r\n" { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
}
