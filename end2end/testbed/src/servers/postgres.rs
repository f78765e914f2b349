//! A private PostgreSQL that keeps what it has promised (fsync is on) and can be made to crash.

use super::place::{Place, free_address};
use super::program::Program;
use crate::Error;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::net::SocketAddr;

/// See the module's documentation.
pub struct Postgres {
    address: SocketAddr,
    server: Program,
    /// `-m immediate`: as if it had crashed.
    crash: Program,
    /// `-m fast`: in order.
    stop: Program,
}

impl Postgres {
    /// Makes an empty one in the folder, and starts it.
    ///
    /// # Errors
    /// With the end of its log where it does not start.
    pub async fn create(place: &Place) -> Result<Self, Error> {
        let data = place.folder.join("postgres").display().to_string();
        let init = ["--pgdata", &data, "--username", "jackdaw", "--auth", "trust", "--encoding", "UTF8"];
        place.postgres("initdb").args(init).args(["--locale", "C", "--no-sync"]).finish().await?;
        let address = free_address().await?;
        let (port, sockets) = (address.port().to_string(), place.folder.display().to_string());
        let server = place
            .postgres("postgres")
            .args(["-D", &data, "-k", &sockets, "-p", &port, "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "max_connections=200", "-c", "fsync=on"]);
        let stop = |mode| place.postgres("pg_ctl").args(["stop", "-D", &data, "-w", "-m", mode]);
        let mut postgres = Self { address, server, crash: stop("immediate"), stop: stop("fast") };
        postgres.start().await?;
        Ok(postgres)
    }

    /// Returns once it answers.
    ///
    /// # Errors
    /// With the end of its log where it does not start.
    pub async fn start(&mut self) -> Result<(), Error> {
        let url = self.url("postgres");
        self.server.start()?;
        self.server.wait(async || PgConnection::connect(&url).await.is_ok()).await
    }

    /// As if the machine had lost power.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn crash(&mut self) -> Result<(), Error> {
        self.crash.finish().await?;
        self.server.ended().await
    }

    /// In order.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.stop.finish().await?;
        self.server.ended().await
    }

    /// The address of an empty database with this name.
    ///
    /// # Errors
    /// Where there is one already.
    pub async fn database(&self, name: &str) -> Result<String, Error> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
        Ok(self.url(name))
    }

    /// The number of its first process, whose children the others are.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://jackdaw@{}/{database}", self.address)
    }
}
