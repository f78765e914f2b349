//! A private Redis that keeps nothing on disk, and can be killed.

use crate::place::{Place, free_address};
use crate::program::Program;
use load::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// See the module's documentation.
pub(crate) struct Redis {
    pub(crate) address: SocketAddr,
    server: Program,
}

impl Redis {
    pub(crate) async fn start(place: &Place) -> Result<Self, Error> {
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
    pub(crate) async fn restart(&mut self) -> Result<(), Error> {
        let address = self.address;
        self.server.start()?;
        self.server.wait(async || answers(address).await.is_ok()).await
    }

    pub(crate) async fn kill(&mut self) -> Result<(), Error> {
        self.server.kill().await
    }
}

async fn answers(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    if &answer == b"+PONG\r\n" { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
}
