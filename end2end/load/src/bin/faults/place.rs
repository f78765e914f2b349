//! Where the programs are and how they are started, as `end2end/faults` says.

use crate::program::Program;
use load::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// See the module's documentation.
pub(crate) struct Place {
    /// Temporary; databases, logs and sockets go here.
    pub(crate) folder: PathBuf,
    /// The folder of PostgreSQL's programs.
    postgres: PathBuf,
    jackdaw: PathBuf,
    /// What a command begins with so that it ends with us.
    tied: Vec<String>,
    /// The same, leaving root.
    run_as: Vec<String>,
}

fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("{name} is not set: run this by end2end/faults").into())
}

impl Place {
    pub(crate) fn from_env() -> Result<Self, Error> {
        let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            folder: variable("FAULTS_FOLDER")?.into(),
            postgres: variable("FAULTS_POSTGRES")?.into(),
            jackdaw: variable("JACKDAW_BIN")?.into(),
            tied: words(variable("FAULTS_TIED")?),
            run_as: words(variable("FAULTS_RUN_AS")?),
        })
    }

    /// One of PostgreSQL's programs.
    pub(crate) fn postgres(&self, name: &str) -> Program {
        Program::new(&self.run_as, self.postgres.join(name), &self.folder, "postgres")
    }

    pub(crate) fn redis(&self) -> Program {
        Program::new(&self.run_as, "redis-server", &self.folder, "redis")
    }

    /// The server; its log is under this name.
    pub(crate) fn jackdaw(&self, name: &str) -> Program {
        Program::new(&self.tied, &self.jackdaw, &self.folder, name)
    }
}

/// A free port below the range from which the system numbers outgoing connections: it is still free after a restart.
pub(crate) async fn free_address() -> Result<SocketAddr, Error> {
    for _ in 0..100 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(12_000..30_000)));
        if TcpListener::bind(address).await.is_ok() {
            return Ok(address);
        }
    }
    Err("no port is free".into())
}
